"""Relay credentials, against a real coturn with the configuration of docs/turn.conf."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import socket
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from aioice.stun import TransactionError
from aioice.turn import create_turn_endpoint
from django.utils import timezone

from sessions import ice
from tests.tools import turnserver

SECRET = "s3cret"
CONF = Path(__file__).resolve().parents[2] / "docs" / "turn.conf"


def free_port() -> int:
    """A port below the ephemeral ones: a browser of another test could take one of those first."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@pytest.fixture
def relay(tmp_path: Path, settings):
    """A coturn of our own on loopback, told to the site by its settings."""
    port = free_port()
    conf = tmp_path / "turn.conf"
    shipped = CONF.read_text()
    conf.write_text(shipped.replace("port=3478", f"port={port}").replace("change-me", SECRET))
    settings.TURN_URLS, settings.TURN_SECRET = [f"turn:127.0.0.1:{port}"], SECRET
    own_files = ["-b", str(tmp_path / "turn.db"), "--pidfile", str(tmp_path / "turn.pid")]
    command = [turnserver(), "-c", str(conf), "-L", "127.0.0.1", *own_files]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait_for(port)
        yield ("127.0.0.1", port)
        server.terminate()


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            asyncio.run(allocate(("127.0.0.1", port), "nobody", "nothing"))
        except TransactionError:
            return  # it answers, and refuses
        except (OSError, TimeoutError):
            continue


async def allocate(
    server: tuple[str, int], username: str, password: str, peer: str | None = None
) -> str:
    """Ask for a relayed address, as a browser does, and for the way to `peer`. Return its host."""
    asking = create_turn_endpoint(
        asyncio.DatagramProtocol,
        server_addr=server,
        username=username,
        password=password,
    )
    transport, _ = await asyncio.wait_for(asking, 3)
    try:
        if peer:
            await transport._TurnTransport__inner_protocol.send_data(b"hello", (peer, 9))
        return transport.get_extra_info("sockname")[0]
    finally:
        transport.close()
        await asyncio.sleep(0.05)


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
