"""Goal row 24: a real coturn with our configuration leads to no address inside; and to public ones.

Only permission is asked for: nothing is sent to any of these addresses. The relay gets an IPv6
address here, which ours has not: with one, coturn 4.6.1 let mapped addresses through
(CVE-2026-27624) until they were denied.
"""

import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
import struct
from contextlib import closing
from datetime import timedelta

import pytest
from django.utils import timezone

from sessions import ice
from tests import relay as relays
from tests.relay import Relay, running_relay

INSIDE = [
    "0.0.0.1", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.0.0.53",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.168.1.1", "198.18.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.5",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "fc00::1", "fd12::1", "fe80::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "2001:4860:4860::8888"]
ALLOCATE, CREATE_PERMISSION = 0x0003, 0x0008  # RFC 8656
USERNAME, INTEGRITY, ERROR, PEER, REALM, NONCE = 0x06, 0x08, 0x09, 0x12, 0x14, 0x15
FAMILY, TRANSPORT = 0x17, 0x19
COOKIE, UDP = 0x2112A442, b"\x11\0\0\0"
UNAUTHORIZED, FORBIDDEN = 401, 403


class Asking:
    """A TURN client that says no more than this probe needs."""

    def __init__(self, server, credentials):
        self.wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wire.settimeout(5)
        self.wire.connect(server)
        self.name, self.password = credentials["username"], credentials["credential"]
        self.realm = self.nonce = b""

    def close(self):
        self.wire.close()

    def allocate(self, version):
        family = bytes([1 if version == 4 else 2, 0, 0, 0])
        wanted = [(TRANSPORT, UDP), (FAMILY, family)]
        _, told = self.ask(ALLOCATE, wanted)
        self.realm, self.nonce = told[REALM], told[NONCE]
        return self.ask(ALLOCATE, wanted)[0]

    def permit(self, peer):
        return self.ask(CREATE_PERMISSION, [(PEER, self.veiled(ipaddress.ip_address(peer)))])[0]

    def veiled(self, peer):
        """XOR-PEER-ADDRESS: port 9, and the address veiled with cookie and transaction."""
        self.transaction = secrets.token_bytes(12)
        veil = struct.pack("!I", COOKIE) + self.transaction
        address = bytes(a ^ b for a, b in zip(peer.packed, veil, strict=False))
        return struct.pack("!BBH", 0, 1 if peer.version == 4 else 2, 9 ^ COOKIE >> 16) + address

    def ask(self, kind, attributes):
        """Return the code of the refusal, or 0, and what else the answer holds."""
        transaction = getattr(self, "transaction", None) or secrets.token_bytes(12)
        self.transaction = None
        if self.nonce:
            own = [(USERNAME, self.name.encode()), (REALM, self.realm), (NONCE, self.nonce)]
            attributes = [*attributes, *own]
        body = b"".join(packed(*attribute) for attribute in attributes)
        if self.nonce:
            whole = f"{self.name}:{self.realm.decode()}:{self.password}"
            key = hashlib.md5(whole.encode()).digest()  # noqa: S324 -- so says RFC 8489
            head = struct.pack("!HHI", kind, len(body) + 24, COOKIE) + transaction
            body += packed(INTEGRITY, hmac.digest(key, head + body, hashlib.sha1))
        self.wire.send(struct.pack("!HHI", kind, len(body), COOKIE) + transaction + body)
        told = dict(unpacked(self.wire.recv(2048)[20:]))
        refusal = told.get(ERROR)
        return (refusal[2] * 100 + refusal[3] if refusal else 0), told


def packed(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def unpacked(body):
    while body:
        kind, length = struct.unpack("!HH", body[:4])
        yield kind, body[4 : 4 + length]
        body = body[4 + length + -length % 4 :]


@pytest.fixture
def relay(tmp_path, settings, monkeypatch):
    """The shipped configuration and an IPv6 relay address beside it."""
    shipped = Relay.configuration
    both = "relay-ip=127.0.0.1\nrelay-ip=::1"
    monkeypatch.setattr(
        Relay, "configuration", lambda own: shipped(own).replace("relay-ip=127.0.0.1", both)
    )
    with running_relay(tmp_path) as relay:
        settings.TURN_URLS, settings.TURN_SECRET = [relay.url], relay.secret
        yield relay.address


def probe(relay, peer):
    [credentials] = ice.servers(now=timezone.now())
    with closing(Asking(relay, credentials)) as asking:
        assert asking.allocate(ipaddress.ip_address(peer).version) == 0, "no relayed address"
        return asking.permit(peer)


def test_no_address_inside_is_reached(relay):
    assert {peer: probe(relay, peer) for peer in INSIDE} == dict.fromkeys(INSIDE, FORBIDDEN)


def test_public_addresses_are(relay):
    assert {peer: probe(relay, peer) for peer in OUTSIDE} == dict.fromkeys(OUTSIDE, 0)


def test_credentials_are_dead_after_ten_minutes(relay):
    [credentials] = ice.servers(now=timezone.now() - timedelta(minutes=10, seconds=1))

    with closing(Asking(relay, credentials)) as asking:
        assert asking.allocate(4) == UNAUTHORIZED


def test_the_name_is_a_time_and_chance(settings):
    """Nothing of a person goes in. Row 25 looks through the names that are in use."""
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example"], "shared"
    now = timezone.now()

    names = [ice.servers(now=now)[0]["username"] for _ in range(50)]

    assert len(set(names)) == 50
    until = int((now + timedelta(minutes=10)).timestamp())
    assert [name for name in names if not re.fullmatch(rf"{until}:[\w-]{{16}}", name)] == []


def test_what_is_probed_is_what_is_shipped():
    assert relays.SHIPPED.name == "turn.conf"
    assert len(INSIDE) >= 20
