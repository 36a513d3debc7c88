import json
from contextlib import asynccontextmanager

import pytest
from channels.db import database_sync_to_async

from appointments import days
from tests import live

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async
ADDRESS = "/ws/day/"


@asynccontextmanager
async def opened(client):
    """A socket that was let in."""
    socket = live.socket(ADDRESS, client)
    assert await socket.connect(timeout=10) == (True, None)
    try:
        yield socket
    finally:
        await socket.disconnect()


async def close_code(socket):
    closing = await socket.receive_output(timeout=10)
    return closing["type"], closing.get("code")


async def test_a_change_of_the_day_is_told_without_a_name(visit, dr_bob, sign_in):
    async with live.listening(), opened(await in_database(sign_in)(dr_bob.user)) as page:
        await in_database(days.publish_change)(visit)

        assert json.loads(await page.receive_from(timeout=10)) == {"kind": "changed"}


async def test_another_providers_page_hears_nothing(visit, carol, sign_in):
    async with live.listening(), opened(await in_database(sign_in)(carol.user)) as page:
        await in_database(days.publish_change)(visit)

        assert await live.is_silent(page)


async def test_the_page_looks_again_when_events_may_have_been_lost(dr_bob, sign_in):
    async with opened(await in_database(sign_in)(dr_bob.user)) as page, live.listening():
        assert json.loads(await page.receive_from(timeout=10)) == {"kind": "changed"}


async def test_a_patient_has_no_day(alice, sign_in):
    socket = live.socket(ADDRESS, await in_database(sign_in)(alice.user))
    await socket.connect(timeout=10)

    assert await close_code(socket) == ("websocket.close", 4404)


async def test_nobody_has_no_day():
    socket = live.socket(ADDRESS)
    await socket.connect(timeout=10)

    assert await close_code(socket) == ("websocket.close", 4404)


async def test_who_signed_out_hears_nothing_more(visit, dr_bob, sign_in):
    client = await in_database(sign_in)(dr_bob.user)
    async with live.listening(), opened(client) as page:
        await in_database(client.session.flush)()
        await in_database(days.publish_change)(visit)

        assert await close_code(page) == ("websocket.close", 4404)


async def test_nothing_is_to_be_said_on_the_socket(dr_bob, sign_in):
    async with opened(await in_database(sign_in)(dr_bob.user)) as page:
        await page.send_to(text_data="anything")

        assert await close_code(page) == ("websocket.close", 4400)


@pytest.mark.parametrize("address", ["/ws/nothing/", "/", "/messages/"])
async def test_an_unknown_address_closes_quietly(address):
    socket = live.socket(address)
    await socket.connect(timeout=10)

    assert await close_code(socket) == ("websocket.close", 4404)


async def test_a_change_of_hours_is_told_too(dr_bob, sign_in):
    async with live.listening(), opened(await in_database(sign_in)(dr_bob.user)) as page:
        await in_database(days.publish_hours)(dr_bob)

        assert json.loads(await page.receive_from(timeout=10)) == {"kind": "changed"}
