"""A session that rests hears nothing more, but a call goes on."""

import time

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from accounts import idle
from messaging import threads
from sessions import opening
from tests import live
from tests.factories import NOW, make_visit
from tests.signing_in import signed_in

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async


@pytest.fixture
def resting(dr_bob):
    """His browser, which he left an hour ago."""
    return signed_in(dr_bob.user, at=time.time() - idle.HOUR)


async def test_a_thread_is_closed(resting, visit):
    thread = await in_database(threads.open_for)(visit, now=NOW)
    socket = live.socket(f"/ws/thread/{thread.id}/", resting)

    await socket.connect(timeout=10)

    assert (await socket.receive_output(timeout=10))["code"] == 4404


async def test_a_call_goes_on(resting, dr_bob, alice):
    now = timezone.now()
    visit = await in_database(make_visit)(dr_bob, alice, starts_at=now)
    room = await in_database(opening.open_room)(appointment=visit, now=now)
    socket = live.socket(f"/ws/session/{room.pk}/", resting)

    await socket.connect(timeout=10)

    assert (await socket.receive_json_from(timeout=10))["t"] == "welcome"
    await socket.disconnect()
