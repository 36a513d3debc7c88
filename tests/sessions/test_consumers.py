"""The socket of a room, through the whole web entry: origin, session, routing, database events."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections

from core import events
from core.models import AuditEvent
from sessions import admission, consumers
from sessions.models import CheckIn, Seat, VideoSession
from telehealth.asgi import application
from tests import signing_in
from tests.factories import end_all_care
from tests.sessions.conftest import NOW

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

OFFER = {"call": "c1", "type": "offer", "sdp": "v=0 secret"}
CANDIDATE = {"call": "c1", "candidate": "candidate:1", "mid": "0", "line": 0}
PATIENCE = 30  # seconds; a loaded machine is slow
ORIGIN = b"http://127.0.0.1:8000"


class Socket:
    """What a page does with its socket."""

    def __init__(self, user, room_id, *, origin: bytes | None = ORIGIN) -> None:
        headers = [(b"cookie", cookie_of(user))] if user else []
        headers += [(b"origin", origin)] if origin else []
        self.wire = WebsocketCommunicator(self.site, f"/ws/session/{room_id}/", headers)
        self.epoch, self.seq = 0, 0
        self.has_vanished = False

    async def site(self, scope, receive, send) -> None:
        """The site, as a browser that may vanish sees it: then uvicorn's `send` raises."""

        async def send_or_raise(message) -> None:
            if self.has_vanished:
                raise OSError
            await send(message)

        await application(scope, receive, send_or_raise)

    async def open(self) -> dict:
        assert (await self.wire.connect(timeout=PATIENCE))[0]
        welcome = await self.hear("welcome")
        self.epoch = welcome["epoch"]
        return welcome

    async def say(self, kind: str, **body) -> None:
        self.seq += 1
        head = {"v": 1, "t": kind, "epoch": self.epoch, "seq": self.seq}
        await self.wire.send_json_to(head | body)

    async def hear(self, kind: str) -> dict:
        """Return the next frame of `kind`; others in between are passed over."""
        while True:
            frame = await self.wire.receive_json_from(timeout=PATIENCE)
            if frame["t"] == kind:
                return frame

    async def hear_status(self, status: str) -> dict:
        while True:
            room = (await self.hear("room"))["room"]
            if room["status"] == status:
                return room

    async def heard_before_pong(self) -> list[str]:
        """Everything that came until the answer to a ping: what was relayed would be among it."""
        await self.say("ping")
        kinds = []
        while not kinds or kinds[-1] != "pong":
            kinds.append((await self.wire.receive_json_from(timeout=PATIENCE))["t"])
        return [kind for kind in kinds if kind not in ("pong", "room")]

    async def closing_code(self) -> int:
        while True:
            output = await self.wire.receive_output(timeout=PATIENCE)
            if output["type"] == "websocket.close":
                return output["code"]


def cookie_of(user) -> bytes:
    cookie = signing_in.cookie_of(signing_in.signed_in(user))
    return f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()


@pytest_asyncio.fixture
async def listener():
    """Carry the database's events to the sockets, as the web process does."""
    task = asyncio.create_task(events.listen())
    await asyncio.sleep(0.1)
    yield
    task.cancel()
    await database_sync_to_async(connections.close_all)()


@pytest_asyncio.fixture
async def socket_of(listener, room, checked_in):
    """Return a function that opens a person's socket; all are closed at the end."""
    opened = []

    async def open_socket(person, room_id=None, **options) -> Socket:
        make = sync_to_async(Socket)
        socket = await make(person and person.user, room_id or room.pk, **options)
        opened.append(socket)
        return socket

    yield open_socket
    for socket in opened:
        await socket.wire.disconnect(timeout=PATIENCE)


@pytest_asyncio.fixture
async def pair(socket_of, alice, dr_bob):
    """Alice and Dr. Bob, both connected, nobody has knocked."""
    patient, provider = await socket_of(alice), await socket_of(dr_bob)
    await patient.open()
    await provider.open()
    return patient, provider


@asynccontextmanager
async def closed_with(socket: Socket, code: int):
    yield
    assert await socket.closing_code() == code


async def test_welcome_tells_each_their_role_and_the_room(socket_of, alice, dr_bob):
    patient, provider = await socket_of(alice), await socket_of(dr_bob)

    first, second = await patient.open(), await provider.open()

    assert [first["role"], second["role"]] == ["patient", "provider"]
    assert first["room"]["other"] == {"is_here": False, "has_left": False, "epoch": 0}
    assert second["room"] == {
        "status": "scheduled",
        "other": {"is_here": True, "has_left": False, "epoch": 1},
    }


async def test_each_hears_the_other_come_and_go(pair):
    patient, provider = pair

    arrived = (await patient.hear("room"))["room"]["other"]
    await provider.wire.disconnect()
    gone = (await patient.hear("room"))["room"]["other"]

    assert [arrived["is_here"], gone["is_here"], gone["has_left"]] == [True, False, False]


async def test_to_leave_is_told_to_the_other(pair):
    patient, provider = pair
    await patient.hear("room")

    await provider.say("leave")

    assert (await patient.hear("room"))["room"]["other"]["has_left"] is True


async def test_what_a_browser_said_before_it_vanished_still_counts(pair):
    patient, provider = pair
    await patient.hear("room")
    patient.has_vanished = True

    await patient.say("knock")  # the new status is told to the browser that is gone
    await provider.hear_status("waiting")
    await patient.say("leave")

    assert (await provider.hear("room"))["room"]["other"]["has_left"] is True


async def test_knock_and_admit_reach_both(pair):
    patient, provider = pair

    await patient.say("knock")
    await provider.hear_status("waiting")
    await provider.say("admit")

    assert (await patient.hear_status("admitted"))["other"]["is_here"] is True
    assert (await provider.hear_status("admitted"))["other"]["is_here"] is True


async def test_the_visit_is_live_when_both_say_so(pair, room):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")
    await provider.say("admit")
    await patient.hear_status("admitted")

    for socket in pair:
        await socket.say("connected", call="c1")
    await patient.say("media", mic=True, cam=True)
    heard = await provider.hear("media")
    await patient.hear_status("live")

    rows = Seat.objects.order_by("role").values_list("role", "has_sent_video")
    camera = [row async for row in rows]
    assert (heard["mic"], heard["cam"]) == (True, True)
    assert camera == [("patient", True), ("provider", False)]


async def test_in_the_lobby_the_empty_connection_is_prepared(pair):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")

    await patient.say("prepare", page="p1")
    await provider.say("desc", **OFFER)
    await provider.say("cand", **CANDIDATE)

    assert (await provider.hear("prepare"))["page"] == "p1"
    offer, candidate = await patient.hear("desc"), await patient.hear("cand")
    assert {name: offer[name] for name in OFFER} == OFFER
    assert {name: candidate[name] for name in CANDIDATE} == CANDIDATE


async def test_before_the_knock_no_description_passes(pair):
    patient, provider = pair

    await provider.say("desc", **OFFER)
    refusal = await provider.hear("error")

    assert (refusal["code"], refusal["about"]) == ("not-now", "desc")
    assert await patient.heard_before_pong() == []


async def test_that_the_digits_differ_is_told_to_the_other_and_kept(pair, alice):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")

    await patient.say("differ", call="a1")

    assert (await provider.hear("differ"))["call"] == "a1"
    rows = AuditEvent.objects.filter(action="video.differed").values_list("by_id", "patient_id")
    assert [row async for row in rows] == [(alice.user.pk, alice.pk)]


async def test_without_the_provider_no_description_passes(socket_of, alice, dr_bob):
    patient = await socket_of(alice)
    await patient.open()
    await patient.say("knock")
    await patient.hear_status("waiting")

    await patient.say("desc", **OFFER)
    refusal = await patient.hear("error")
    provider = await socket_of(dr_bob)
    await provider.open()

    assert refusal["about"] == "desc"
    assert await provider.heard_before_pong() == []


async def test_before_admission_nobody_shows_anything(pair):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")

    await patient.say("media", mic=True, cam=True)
    await patient.say("connected", call="c1")

    assert (await patient.hear("error"))["about"] == "media"
    assert (await patient.hear("error"))["about"] == "connected"
    assert await provider.heard_before_pong() == []


@pytest.mark.parametrize(("kind", "body"), [("admit", {}), ("end", {})])
async def test_the_patient_cannot_do_the_providers_deeds(pair, room, kind, body):
    patient, _provider = pair
    await patient.say("knock")

    async with closed_with(patient, 4400):
        await patient.say(kind, **body)

    assert (await VideoSession.objects.aget()).status == "waiting"


async def test_admit_before_the_knock_is_answered_with_an_error(pair):
    _patient, provider = pair

    await provider.say("admit")

    assert (await provider.hear("error"))["about"] == "admit"


async def test_a_stranger_is_refused(socket_of, mallory, carol):
    for person in (mallory, carol):
        stranger = await socket_of(person)

        assert (await stranger.wire.connect(timeout=PATIENCE))[0]
        assert await stranger.closing_code() == 4404


async def test_nobody_is_refused(socket_of):
    nobody = await socket_of(None)

    assert (await nobody.wire.connect(timeout=PATIENCE))[0]
    assert await nobody.closing_code() == 4401


async def test_a_room_that_is_not_there_is_refused(socket_of, alice):
    lost = await socket_of(alice, room_id=uuid4())

    assert (await lost.wire.connect(timeout=PATIENCE))[0]
    assert await lost.closing_code() == 4404


async def test_a_patient_who_has_not_checked_in_is_refused(socket_of, alice):
    await CheckIn.objects.all().adelete()
    patient = await socket_of(alice)

    assert (await patient.wire.connect(timeout=PATIENCE))[0]
    assert await patient.closing_code() == 4403


@pytest.mark.parametrize("origin", [None, b"null", b"https://evil.example", b"http://127.0.0.2"])
async def test_another_sites_page_gets_no_socket(socket_of, alice, origin):
    foreign = await socket_of(alice, origin=origin)

    is_accepted, _code = await foreign.wire.connect(timeout=PATIENCE)

    assert (is_accepted, await Seat.objects.acount()) == (False, 0)


async def test_the_newest_socket_wins(socket_of, pair, alice):
    old, provider = pair
    new = await socket_of(alice)

    async with closed_with(old, 4409):
        welcome = await new.open()
    await new.say("knock")

    assert welcome["epoch"] == 2
    assert (await provider.hear_status("waiting"))["other"]["epoch"] == 2


async def test_frames_of_an_earlier_epoch_are_dropped(pair, alice):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")

    patient.epoch -= 1
    await patient.say("prepare", page="p1")
    patient.epoch += 1

    assert await patient.heard_before_pong() == []
    assert await provider.heard_before_pong() == []


async def test_a_repeated_frame_is_dropped(pair):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")

    for _ in range(2):
        await patient.say("prepare", page="p1")
        patient.seq -= 1
    patient.seq += 1
    await patient.say("prepare", page="p2")

    assert [(await provider.hear("prepare"))["page"] for _ in range(2)] == ["p1", "p2"]


async def test_a_frame_over_64_kib_closes_the_socket(pair):
    _patient, provider = pair

    async with closed_with(provider, 4413):
        await provider.say("desc", **OFFER | {"sdp": "x" * 65536})


@pytest.mark.parametrize("text", ["{", "[]", '{"v": 1, "t": "shout", "epoch": 1, "seq": 1}'])
async def test_a_frame_that_is_none_of_ours_closes_the_socket(pair, text):
    patient, _provider = pair

    async with closed_with(patient, 4400):
        await patient.wire.send_to(text_data=text)


async def test_a_binary_frame_closes_the_socket(pair):
    patient, _provider = pair

    async with closed_with(patient, 4400):
        await patient.wire.send_to(bytes_data=b"\x00")


async def test_a_socket_that_talks_too_fast_is_closed(socket_of, alice, monkeypatch):
    monkeypatch.setattr(consumers, "RATE", 0.001)
    monkeypatch.setattr(consumers, "BURST", 3)
    patient = await socket_of(alice)
    await patient.open()

    for _ in range(3):
        assert await patient.heard_before_pong() == []
    async with closed_with(patient, 4429):
        await patient.say("ping")


async def test_a_person_who_is_deactivated_loses_the_socket_at_once(pair, alice):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")
    alice.user.is_active = False
    await alice.user.asave()

    async with closed_with(patient, 4401):
        await provider.say("desc", **OFFER)


async def test_a_person_who_signs_out_loses_the_socket_at_once(pair):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")
    await Session.objects.all().adelete()

    async with closed_with(patient, 4401):
        await patient.say("ping")


async def test_a_change_that_went_unheard_is_told_when_events_resume(pair, room):
    patient, _provider = pair
    assert await patient.heard_before_pong() == []
    await VideoSession.objects.aupdate(status="waiting", waiting_at=NOW)

    await get_channel_layer().group_send(events.EVERYONE, {"type": "events.resumed"})

    await patient.hear_status("waiting")


async def test_the_end_closes_both_sockets(pair):
    patient, provider = pair

    async with closed_with(patient, 4410), closed_with(provider, 4410):
        await provider.say("end")

    assert (await VideoSession.objects.aget()).status == "ended"


async def test_the_end_from_elsewhere_closes_the_socket(pair, room, dr_bob):
    patient, _provider = pair
    end = database_sync_to_async(admission.end)

    async with closed_with(patient, 4410):
        await end(session=room, by=dr_bob.user, now=NOW)


async def test_a_dropped_socket_comes_back_to_the_same_visit(socket_of, pair, alice):
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")
    await patient.wire.disconnect()

    again = await socket_of(alice)
    welcome = await again.open()

    assert (welcome["epoch"], welcome["room"]["status"]) == (2, "waiting")


async def test_relay_credentials_are_given_at_the_door_and_on_request(socket_of, dr_bob, settings):
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example:3478"], "abc"
    provider = await socket_of(dr_bob)

    welcome = await provider.open()
    await provider.say("ice")
    fresh = await provider.hear("ice")

    assert [server["urls"] for server in welcome["ice"] + fresh["servers"]] == [
        ["turn:turn.example:3478"]
    ] * 2


async def test_when_one_has_lost_the_path_both_get_credentials_of_their_own(pair, settings):
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example:3478"], "abc"
    patient, provider = pair

    await patient.say("ice")
    given = [(await person.hear("ice"))["servers"] for person in (patient, provider)]

    assert len({servers[0]["username"] for servers in given}) == 2


async def test_nothing_that_is_relayed_is_logged(pair, caplog):
    caplog.set_level("DEBUG")
    patient, provider = pair
    await patient.say("knock")
    await provider.hear_status("waiting")

    await provider.say("desc", **OFFER)
    await patient.hear("desc")

    assert "v=0 secret" not in caplog.text


async def test_who_no_longer_cares_is_closed_out_at_the_next_frame(pair):
    hers, his = pair

    await database_sync_to_async(end_all_care)()
    await his.say("ping")
    await hers.say("ping")

    assert await his.closing_code() == consumers.NOT_FOUND
    assert await hers.hear("pong")
