"""Goal row 21: whoever has not been admitted gets no picture, no sound, and nothing that leads to
them; and who is no part of the visit gets nothing at all.

Asked of real sockets with a relay configured, in every state of the room. What the door lets
through in the lobby is the connection with empty tracks that docs/architecture.md tells of: its
descriptions and candidates, once the patient has knocked and both are there.
"""

from datetime import timedelta

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async
from django.utils import timezone

from sessions import admission, arrival, ice, opening
from sessions.models import CheckIn, Seat, VideoSession
from tests import live
from tests.factories import end_all_care, make_visit
from tests.security.room_talk import PATIENCE, Talk
from tests.sessions.conftest import HOME
from tests.signing_in import signed_in

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async

FRAMES = {
    "offer": ("desc", {"call": "c1", "type": "offer", "sdp": "v=0"}),
    "answer": ("desc", {"call": "c1", "type": "answer", "sdp": "v=0"}),
    "candidate": ("cand", {"call": "c1", "candidate": "candidate:1", "mid": "0", "line": 0}),
    "media": ("media", {"mic": True, "cam": True}),
    "connected": ("connected", {"call": "c1"}),
}
CONNECTION, MEDIA = ["offer", "answer", "candidate"], ["media"]
# What of these reaches the other person, and what is refused. `connected` is for the room alone.
REACHES = {
    "scheduled": [],
    "waiting": CONNECTION,
    "admitted": CONNECTION + MEDIA,
    "live": CONNECTION + MEDIA,
}
REFUSED = {
    "scheduled": [*CONNECTION, *MEDIA, "connected"],
    "waiting": [*MEDIA, "connected"],
    "admitted": [],
    "live": [],
}
STATES = [*REACHES, "ended"]
SEATED = {"patient": "alice", "provider": "dr_bob"}


@pytest.fixture(autouse=True)
def relay(settings):
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example:3478"], "abc"


@pytest.fixture
def visit(dr_bob, alice):
    return make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(minutes=10))


@pytest.fixture
def room(visit, alice):
    now = timezone.now()
    room = opening.open_room(appointment=visit, now=now)
    arrival.check_in(session=room, by=alice.user, now=now, **HOME)
    return room


@pytest_asyncio.fixture
async def talk_of(room):
    """Return a function that opens the room's socket of a person; all are closed at the end."""
    opened = []

    async def open_talk(person):
        client = await in_database(signed_in)(person.user)
        opened.append(talk := Talk(room.pk, client))
        return await talk.open()

    async with live.listening():
        yield open_talk
        for talk in opened:
            await talk.wire.disconnect(timeout=PATIENCE)


async def bring_to(state, patient, provider):
    """Let the two do what leads there, as their pages do."""
    if state == "scheduled":
        return
    await patient.say("knock")
    await provider.hear_status("waiting")
    if state != "waiting":
        await provider.say("admit")
        await patient.hear_status("admitted")
    if state == "live":
        for person in (patient, provider):
            await person.say("connected", call="c1")
        await patient.hear_status("live")


def name_of(frame):
    return {"desc": frame.get("type"), "cand": "candidate"}.get(frame["t"], frame["t"])


@pytest.mark.parametrize("state", REACHES)
@pytest.mark.parametrize("sender", SEATED)
async def test_of_the_two_each_gets_what_the_state_lets_through(
    talk_of, alice, dr_bob, state, sender
):
    talks = {"patient": await talk_of(alice), "provider": await talk_of(dr_bob)}
    await bring_to(state, **talks)
    (hearer,) = talks.keys() - {sender}
    await talks[hearer].heard()

    for kind, body in FRAMES.values():
        await talks[sender].say(kind, **body)
    refused = [frame["about"] for frame in await talks[sender].heard() if frame["t"] == "error"]
    reached = [name_of(frame) for frame in await talks[hearer].heard()]

    assert reached == REACHES[state]
    assert refused == [FRAMES[name][0] for name in REFUSED[state]]


@pytest.mark.parametrize("state", ["scheduled", "waiting"])
async def test_who_is_not_admitted_cannot_bring_the_visit_to_life(talk_of, alice, dr_bob, state):
    talks = [await talk_of(alice), await talk_of(dr_bob)]
    await bring_to(state, *talks)

    for talk in talks:
        await talk.say("connected", call="c1")
        await talk.say("media", mic=True, cam=True)
        await talk.heard()

    assert (await VideoSession.objects.aget()).status == state
    assert not await Seat.objects.filter(is_connected=True).aexists()
    assert not await Seat.objects.filter(has_sent_video=True).aexists()


@pytest.mark.parametrize("kind", ["offer", "answer", "candidate", "media"])
async def test_to_an_empty_seat_nothing_is_kept_for_later(talk_of, alice, dr_bob, kind):
    """What is said before the provider is there does not reach him when he comes."""
    patient = await talk_of(alice)
    await patient.say("knock")
    await patient.hear_status("waiting")
    await patient.say(FRAMES[kind][0], **FRAMES[kind][1])
    await patient.hear("error")

    provider = await talk_of(dr_bob)

    assert await provider.heard() == []


async def test_who_sits_gets_one_credential_for_ten_minutes(talk_of, alice, dr_bob):
    latest = (timezone.now() + ice.LASTS).timestamp() + PATIENCE

    talks = [await talk_of(alice), await talk_of(dr_bob)]

    names = [server["username"] for talk in talks for server in talk.welcome["ice"]]
    assert len(set(names)) == len(names) == 2
    assert all(int(name.partition(":")[0]) <= latest for name in names)


async def said_to(room, client):
    """Return everything a socket says to a browser until it closes."""
    wire = live.socket(f"/ws/session/{room.pk}/", client)
    assert await wire.connect(timeout=PATIENCE) == (True, None)
    said = []
    while not said or said[-1]["type"] != "websocket.close":
        said.append(await wire.receive_output(timeout=PATIENCE))
    await wire.disconnect()
    return [output.get("code", output) for output in said]


@pytest.mark.parametrize("state", STATES)
async def test_a_third_person_gets_nothing_in_any_state(
    talk_of, room, alice, dr_bob, mallory, carol, state
):
    two = {"patient": await talk_of(alice), "provider": await talk_of(dr_bob)}
    await bring_to("live" if state == "ended" else state, **two)
    if state == "ended":
        await in_database(admission.end)(session=room, by=dr_bob.user, now=timezone.now())
    browsers = [await in_database(signed_in)(person.user) for person in (mallory, carol)]

    said = [await said_to(room, browser) for browser in [*browsers, None]]

    assert said == [[4404], [4404], [4401]]
    assert await Seat.objects.acount() == 2


@pytest.mark.parametrize("who", SEATED.values())
async def test_after_the_end_the_two_get_nothing_either(room, dr_bob, request, who):
    await in_database(admission.end)(session=room, by=dr_bob.user, now=timezone.now())
    person = request.getfixturevalue(who)

    said = await said_to(room, await in_database(signed_in)(person.user))

    assert said == [4410]


async def test_who_has_not_checked_in_gets_nothing(room, alice):
    await CheckIn.objects.all().adelete()

    assert await said_to(room, await in_database(signed_in)(alice.user)) == [4403]


async def test_a_provider_whose_care_has_ended_gets_nothing(room, dr_bob):
    await in_database(end_all_care)()

    assert await said_to(room, await in_database(signed_in)(dr_bob.user)) == [4404]
