"""Relay credentials, against a real coturn with the configuration of docs/turn.conf."""

import asyncio
import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from aioice.stun import TransactionError
from django.utils import timezone

from sessions import ice
from tests.relay import allocate, running_relay


@pytest.fixture
def relay(tmp_path, settings):
    """The address of a relay of our own, told to the site by its settings."""
    with running_relay(tmp_path) as relay:
        settings.TURN_URLS, settings.TURN_SECRET = [relay.url], relay.secret
        yield relay.address


def try_with(relay, server, peer=None) -> str:
    return asyncio.run(allocate(relay, server["username"], server["credential"], peer))


def test_the_relay_accepts_our_credentials(relay):
    [server] = ice.servers(now=timezone.now())

    assert try_with(relay, server) == "127.0.0.1"


def test_the_relay_refuses_credentials_after_ten_minutes(relay):
    [server] = ice.servers(now=timezone.now() - timedelta(minutes=10, seconds=2))

    with pytest.raises(TransactionError, match="401"):
        try_with(relay, server)


def test_the_relay_refuses_a_longer_life_than_was_signed(relay):
    [server] = ice.servers(now=timezone.now() - timedelta(hours=1))
    name = server["username"].partition(":")[2]
    later = int((timezone.now() + timedelta(hours=1)).timestamp())

    with pytest.raises(TransactionError, match="401"):
        try_with(relay, server | {"username": f"{later}:{name}"})


def test_the_relay_refuses_another_secret(relay, settings):
    settings.TURN_SECRET = "guessed"
    [server] = ice.servers(now=timezone.now())

    with pytest.raises(TransactionError, match="401"):
        try_with(relay, server)


@pytest.mark.parametrize("peer", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1"])
def test_the_relay_is_no_door_into_its_own_network(relay, peer):
    [server] = ice.servers(now=timezone.now())

    with pytest.raises(TransactionError, match="403"):
        try_with(relay, server, peer)


def test_the_relay_reaches_other_addresses(relay):
    [server] = ice.servers(now=timezone.now())

    assert try_with(relay, server, "203.0.113.9") == "127.0.0.1"


def test_the_credential_is_the_hmac_of_the_name(settings):
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example:3478"], "abc"
    now = timezone.now()

    [server] = ice.servers(now=now)

    expires, _, name = server["username"].partition(":")
    digest = hmac.new(b"abc", server["username"].encode(), hashlib.sha1).digest()
    assert int(expires) == int(now.timestamp()) + 600
    assert server["credential"] == base64.b64encode(digest).decode()
    assert (server["urls"], len(name)) == (["turn:turn.example:3478"], 16)


def test_each_socket_gets_its_own_name(settings):
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example:3478"], "abc"

    names = {ice.servers(now=timezone.now())[0]["username"] for _ in range(5)}

    assert len(names) == 5


def test_without_a_relay_the_browsers_meet_directly(settings):
    settings.TURN_URLS = []

    assert ice.servers(now=timezone.now()) == []
