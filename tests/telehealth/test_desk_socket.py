"""The front desk's open page hears at once that somebody needs help joining."""

import json
from contextlib import asynccontextmanager

import pytest
from channels.db import database_sync_to_async

from accounts.models import Membership
from appointments import days, responding
from tests import live
from tests.factories import NOW, make_member, make_practice

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async
Role = Membership.Role


@asynccontextmanager
async def opened(client):
    """A socket that was let in."""
    socket = live.socket("/ws/desk/", client)
    assert await socket.connect(timeout=10) == (True, None)
    try:
        yield socket
    finally:
        await socket.disconnect()


async def close_code(socket):
    closing = await socket.receive_output(timeout=10)
    return closing["type"], closing.get("code")


@pytest.fixture
def desk(practice):
    return make_member(practice, Role.FRONT_DESK, "desk@example.com")


async def ask_for_help(visit):
    await in_database(responding.ask_for_help)(appointment=visit, by=visit.patient.user, now=NOW)


async def test_a_call_for_help_is_told_at_once_and_without_a_name(visit, desk, sign_in):
    async with live.listening(), opened(await in_database(sign_in)(desk)) as page:
        await ask_for_help(visit)

        assert json.loads(await page.receive_from(timeout=10)) == {"kind": "changed"}


async def test_the_front_desk_of_another_practice_hears_nothing(visit, sign_in):
    elsewhere = await in_database(make_practice)(name="Elsewhere")
    stranger = await in_database(make_member)(elsewhere, Role.FRONT_DESK, "far@example.com")
    async with live.listening(), opened(await in_database(sign_in)(stranger)) as page:
        await ask_for_help(visit)

        assert await live.is_silent(page)


@pytest.mark.parametrize("role", [Role.BILLING, Role.PEER])
async def test_who_does_not_keep_the_desk_is_not_let_in(practice, sign_in, role):
    person = await in_database(make_member)(practice, role, "x@example.com")
    socket = live.socket("/ws/desk/", await in_database(sign_in)(person))
    await socket.connect(timeout=10)

    assert await close_code(socket) == ("websocket.close", 4404)


async def test_who_has_lost_the_role_hears_nothing_more(visit, desk, sign_in):
    async with live.listening(), opened(await in_database(sign_in)(desk)) as page:
        await in_database(desk.memberships.all().delete)()
        await ask_for_help(visit)

        assert await close_code(page) == ("websocket.close", 4404)


async def test_the_board_hears_that_hours_have_changed(dr_bob, desk, sign_in):
    async with live.listening(), opened(await in_database(sign_in)(desk)) as page:
        await in_database(days.publish_hours)(dr_bob)

        assert json.loads(await page.receive_from(timeout=10)) == {"kind": "changed"}
