"""Row 11: who is deactivated, loses a role, or is signed out gets nothing more within 5 s.

Measured on real sockets that send and hear nothing meanwhile.
"""

import asyncio
import time

import pytest
from allauth.usersessions.models import UserSession
from channels.db import database_sync_to_async
from django.urls import reverse
from django.utils import timezone

from accounts import devices, staffing
from accounts.models import Membership
from messaging import threads
from sessions import opening
from tests import live
from tests.factories import NOW, make_member, make_visit
from tests.signing_in import signed_in

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async
BAR = 5.0  # seconds
CLOSED = (4401, 4404)


@pytest.fixture
def boss(practice):
    return make_member(practice, Membership.Role.ADMIN, "admin@example.com")


def deactivate(client, provider, boss):
    staffing.deactivate(
        user=provider.user, practice=provider.practice, by=boss, now=NOW, at_once=True
    )


def take_role(client, provider, boss):
    extra = Membership.objects.create(
        user=provider.user, practice=provider.practice, role=Membership.Role.SUPERVISOR
    )
    staffing.take_role(membership=extra, by=boss, now=NOW, at_once=True)


def sign_out(client, provider, boss):
    client.post(reverse("account_logout"))


def end_device(client, provider, boss):
    row = UserSession.objects.create(
        user=provider.user, session_key=client.session.session_key, ip="::1", user_agent=""
    )
    devices.end(user=provider.user, device_id=row.pk, now=NOW)


@pytest.mark.parametrize("door", ["thread", "day", "room"])
@pytest.mark.parametrize("end", [deactivate, take_role, sign_out, end_device])
async def test_a_silent_socket_closes(dr_bob, alice, visit, boss, door, end):
    client = await in_database(signed_in)(dr_bob.user)
    socket = live.socket(await in_database(address_of)(door, visit, dr_bob, alice), client)
    async with live.listening():
        assert await socket.connect(timeout=10) == (True, None)
        if not await live.is_silent(socket, 0.2):  # the listener has said that it hears
            await socket.receive_output(timeout=5)
        started = time.monotonic()
        await in_database(end)(client, dr_bob, boss)
        closing = await closing_of(socket)
        taken = time.monotonic() - started

    print(f"{end.__name__}, {door}: {taken:.2f} s")  # noqa: T201 -- the figure
    assert (closing["code"] in CLOSED, taken < BAR) == (True, True)
    assert (await in_database(client.get)("/home/")).status_code == 302


def address_of(door, visit, dr_bob, alice):
    if door == "thread":
        return f"/ws/thread/{threads.open_for(visit, now=NOW).id}/"
    if door == "room":
        now = timezone.now()
        today = make_visit(dr_bob, alice, starts_at=now)
        return f"/ws/session/{opening.open_room(appointment=today, now=now).pk}/"
    return "/ws/day/"


async def closing_of(socket):
    async with asyncio.timeout(2 * BAR):
        while True:
            output = await socket.receive_output(timeout=2 * BAR)
            if output["type"] == "websocket.close":
                return output
