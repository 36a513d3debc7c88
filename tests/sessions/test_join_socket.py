"""The socket of a room for a browser that came by a link."""

from datetime import date

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.test import Client

from core.models import AuditEvent
from sessions import join_links
from tests import live
from tests.factories import make_visit
from tests.sessions.conftest import NOW

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

SIGNED_OUT = 4401
PATIENCE = 30


@sync_to_async
def come(visit):
    """A browser that used the link of the visit."""
    browser, token = Client(), join_links.make(appointment=visit, now=NOW)
    form = {"token": token, "date_of_birth": date(1991, 5, 4).isoformat()}
    assert browser.post("/join/", form).status_code == 302
    return browser


async def first_of(client, room):
    """What the socket says first: its frame, or the code with which it is closed."""
    socket = live.socket(f"/ws/session/{room.pk}/", client)
    assert (await socket.connect(timeout=PATIENCE))[0]
    told = await socket.receive_output(timeout=PATIENCE)
    return socket, told


async def test_the_browser_with_the_link_sits_down_as_the_patient(
    live_database, visit, room, checked_in, alice
):
    browser = await come(visit)

    socket, told = await first_of(browser, room)

    assert '"t": "welcome"' in told["text"]
    assert '"role": "patient"' in told["text"]
    entered = await database_sync_to_async(AuditEvent.objects.get)(action="video.entered")
    assert entered.by_id == alice.user.pk
    await socket.disconnect()


async def test_another_link_is_no_way_into_this_room(
    live_database, visit, room, checked_in, carol, mallory
):
    other = await database_sync_to_async(make_visit)(carol, mallory, starts_at=visit.starts_at)
    browser = await come(other)

    _, told = await first_of(browser, room)

    assert told["code"] == SIGNED_OUT


async def test_a_link_that_was_replaced_ends_the_socket_at_its_next_frame(
    live_database, visit, room, checked_in
):
    browser = await come(visit)
    socket, _ = await first_of(browser, room)
    await database_sync_to_async(join_links.make)(appointment=visit, now=NOW)

    await socket.send_json_to({"v": 1, "t": "ping", "epoch": 1, "seq": 1})

    while (told := await socket.receive_output(timeout=PATIENCE))["type"] != "websocket.close":
        pass
    assert told["code"] == SIGNED_OUT
