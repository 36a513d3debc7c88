"""Goal row 22: what no page of ours sends ends at the edge of each socket of the site.

One row a case, one column a socket. A code is the close that a browser is told after the handshake;
NO_HANDSHAKE is an HTTP 403 instead of it; GOES_ON is an open socket that has answered nothing.
A frame of 1 MiB that comes over the network ends earlier: tests/security/test_cves.py.
"""

import json
import time
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from accounts import idle
from accounts.models import Membership
from messaging import threads
from messaging.models import Message
from sessions import consumers, opening
from sessions.models import Seat, VideoSession
from telehealth.routing import sockets
from tests import live
from tests.factories import NOW, make_visit
from tests.security.room_talk import PATIENCE
from tests.signing_in import signed_in

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async

DOORS = {
    "day": "ws/day/",
    "thread": "ws/thread/<uuid:thread_id>/",
    "room": "ws/session/<uuid:session_id>/",
    "desk": "ws/desk/",
}
NO_HANDSHAKE, GOES_ON = "no handshake", "goes on"
KIB = 1024
SILENCE = 5  # seconds

# Case: what becomes of it at day, thread, room, desk.
AT_THE_DOOR = {
    "Origin missing": (NO_HANDSHAKE, NO_HANDSHAKE, NO_HANDSHAKE, NO_HANDSHAKE),
    "Origin null": (NO_HANDSHAKE, NO_HANDSHAKE, NO_HANDSHAKE, NO_HANDSHAKE),
    "Origin foreign": (NO_HANDSHAKE, NO_HANDSHAKE, NO_HANDSHAKE, NO_HANDSHAKE),
    "no session": (4404, 4404, 4401, 4404),
    "expired session": (4404, 4404, 4401, 4404),
    "locked": (4404, 4404, GOES_ON, 4404),  # a call is no typing: ADR 0012
    "wrong role": (4404, 4404, 4404, 4404),
}
FRAMES = {
    "over 64 KiB": (4400, 4400, 4413, 4400),
    "1 MiB": (4400, 4400, 4413, 4400),
    "not JSON": (4400, 4400, 4400, 4400),
    "binary": (4400, 4400, 4400, 4400),
    "unknown kind": (4400, 4400, 4400, 4400),
    # Neither day nor thread has a sequence: there it is a frame that is none of theirs.
    "stale sequence": (4400, 4400, GOES_ON, 4400),
    "too many": (4400, 4429, 4429, 4400),
}
ORIGINS = {"Origin missing": None, "Origin null": "null", "Origin foreign": "https://evil.example"}


def cells(table):
    for case, outcomes in table.items():
        for door, outcome in zip(DOORS, outcomes, strict=True):
            yield pytest.param(case, door, outcome, id=f"{case}-{door}")


@pytest.fixture
def paths(visit, dr_bob, alice):
    """The address of each socket, all of the same two people."""
    today = make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(minutes=5))
    thread = threads.open_for(visit, now=NOW)
    room = opening.open_room(appointment=today, now=timezone.now())
    return {
        "day": "/ws/day/",
        "thread": f"/ws/thread/{thread.id}/",
        "room": f"/ws/session/{room.pk}/",
        "desk": "/ws/desk/",
    }


@pytest.fixture
def his(dr_bob):
    """The browser of the provider, whose sockets these are; he keeps the front desk as well."""
    role = Membership.Role.FRONT_DESK
    Membership.objects.create(user=dr_bob.user, practice=dr_bob.practice, role=role)
    return signed_in(dr_bob.user)


async def test_every_socket_of_the_site_is_asked():
    assert {str(address.pattern) for address in sockets} == set(DOORS.values())


def browser_of(case, his, dr_bob, mallory):
    if case == "no session":
        return None
    if case == "wrong role":  # a patient: the day is no page of hers, nor are these two hers
        return signed_in(mallory.user)
    if case == "locked":
        return signed_in(dr_bob.user, at=time.time() - idle.HOUR)
    if case == "expired session":
        session = his.session
        session.set_expiry(-1)
        session.save()
    return his


@pytest.mark.parametrize(("case", "door", "outcome"), [*cells(AT_THE_DOOR)])
async def test_at_the_door(case, door, outcome, paths, his, dr_bob, mallory):
    client = await in_database(browser_of)(case, his, dr_bob, mallory)
    wire = live.socket(paths[door], client, ORIGINS.get(case, live.ORIGIN))

    assert await became_of(wire, await wire.connect(timeout=PATIENCE)) == outcome


async def became_of(wire, handshake):
    is_accepted, _code = handshake
    if not is_accepted:
        return NO_HANDSHAKE
    said = await wire.receive_output(timeout=PATIENCE)
    if said["type"] == "websocket.close":
        return said["code"]
    assert json.loads(said["text"])["t"] == "welcome"
    await wire.disconnect()
    return GOES_ON


def frames_of(case, door, head):
    """What is sent, the last of it with the fault."""
    ping = json.dumps(head | {"t": "ping", "seq": 1}) if door == "room" else "ping"
    if case == "stale sequence":
        return [json.dumps(head | {"t": kind, "seq": 5}) for kind in ("ping", "leave")]
    if case == "too many":
        many = consumers.BURST + 1
        pings = [json.dumps(head | {"t": "ping", "seq": number}) for number in range(many)]
        return pings if door == "room" else ["ping", "ping"]
    return {
        "over 64 KiB": [ping.ljust(64 * KIB + 1)],
        "1 MiB": [ping.ljust(KIB * KIB)],
        "not JSON": ["{"],
        "binary": [b"\x00ping"],
        "unknown kind": [json.dumps(head | {"t": "shout", "seq": 1})],
    }[case]


@pytest.mark.parametrize(("case", "door", "outcome"), [*cells(FRAMES)])
async def test_a_frame(case, door, outcome, paths, his, monkeypatch):
    monkeypatch.setattr(consumers, "RATE", 0.001)  # however slow the machine, nothing comes back
    wire = live.socket(paths[door], his)
    assert await wire.connect(timeout=PATIENCE) == (True, None)
    head = {"v": 1, "epoch": await epoch_of(wire) if door == "room" else 0}
    before = await in_database(rows)()

    for frame in frames_of(case, door, head):
        await wire.send_to(**{"bytes_data" if isinstance(frame, bytes) else "text_data": frame})

    assert await end_of(wire) == outcome
    assert await in_database(rows)() == before


async def epoch_of(wire):
    return (await wire.receive_json_from(timeout=PATIENCE))["epoch"]


async def end_of(wire):
    """Pass over the answers to what came before the fault."""
    while not await wire.receive_nothing(timeout=SILENCE):
        said = await wire.receive_output(timeout=PATIENCE)
        if said["type"] == "websocket.close":
            return said["code"]
        frame = json.loads(said["text"])
        assert frame.get("t", frame.get("kind")) == "pong"
    await wire.disconnect()
    return GOES_ON


def rows():
    """What a frame could have changed."""
    return (
        [*VideoSession.objects.values_list("pk", "status")],
        [*Seat.objects.values_list("pk", "left_at")],
        Message.objects.count(),
    )
