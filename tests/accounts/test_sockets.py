"""A socket without a policy is closed to everybody, the others to who is not meant."""

import pytest
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.sessions import SessionMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.urls import path

from accounts.models import Membership
from accounts.permissions import policy
from accounts.sockets import guarded
from tests.factories import make_member

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]


class Forgotten(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept()
        await self.send("everything")


@policy(Membership.Role.BILLING)
class ForBilling(Forgotten):
    pass


async def first(consumer, client):
    cookie = client.cookies[settings.SESSION_COOKIE_NAME] if client else None
    headers = [(b"cookie", f"{cookie.key}={cookie.value}".encode())] if cookie else []
    address = guarded(path("ws/", consumer.as_asgi()))
    socket = WebsocketCommunicator(SessionMiddlewareStack(address.callback), "/ws/", headers)
    await socket.connect(timeout=10)
    told = await socket.receive_output(timeout=10)
    await socket.disconnect()
    return told.get("text", told.get("code"))


@pytest.fixture
def browsers(practice, sign_in, alice):
    return {
        "biller": sign_in(make_member(practice, Membership.Role.BILLING, "b@example.com")),
        "patient": sign_in(alice.user),
        "visitor": None,
    }


async def test_without_a_policy_it_is_closed_to_all(browsers):
    told = [await first(Forgotten, client) for client in browsers.values()]

    assert told == [4404, 4404, 4404]


async def test_with_one_it_is_open_to_its_audience(browsers):
    told = {who: await first(ForBilling, client) for who, client in browsers.items()}

    assert (told["biller"], told["patient"]) == ("everything", 4404)
    await database_sync_to_async(Membership.objects.all().delete)()
    assert await first(ForBilling, browsers["biller"]) == 4404
