"""Asking an address that somebody gave, without becoming their hand inside of our network.

This is the only module that does (tests/house/test_outgoing.py). A name is resolved once; every
address it stands for must be a public one; the connection goes to one of these and to no other,
whatever the name stands for a moment later; a redirect begins anew. Nothing is asked for longer
than five seconds, and nothing larger than 2 MiB is read.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Timer
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings

SECONDS = 5
LARGEST = 2 * 1024 * 1024  # bytes of an answer
LONGEST = 2000  # characters of an address
PORTS = {"https": 443, "http": 80}
MOVED = {
    HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT,
}  # fmt: skip
PLAIN = {"", "identity"}  # encodings: a packed answer could unpack to gigabytes

# What Python calls global, and the registries of special addresses (RFC 6890) do not.
NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
]  # fmt: skip
UNICAST = ip_network("2000::/3")  # all that is given out; so neither mapped nor translated ones

Ip = IPv4Address | IPv6Address
Resolver = Callable[..., Sequence[tuple[Any, ...]]]


class Reason(StrEnum):
    ADDRESS = "address"  # not one that can be asked: another scheme, no host, a password in it
    INSIDE = "inside"  # it leads into our own network, or to nowhere
    UNREACHABLE = "unreachable"  # no such name, nobody there, no certificate, no HTTP
    SLOW = "slow"
    LARGE = "large"
    LEADS_ON = "leads-on"  # it redirects too often


class NotFetched(Exception):
    """There is no answer; the reason says why. It holds nothing of the address."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # by lower-case names
    body: bytes


@dataclass(frozen=True)
class Place:
    """Where an address leads, as far as it says."""

    is_tls: bool
    host: str
    port: int
    target: str  # path and query


def ask(
    address: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    redirects: int = 0,
    resolve: Resolver = socket.getaddrinfo,
) -> Answer:
    """
    Ask, and return what is answered, whatever its status.

    :param redirects: how many may be followed; with what is secret in the headers, none
    :raises NotFetched:
    """
    until = time.monotonic() + SECONDS
    for _ in range(redirects + 1):
        place = place_of(address)
        found = checked(place, resolve)
        answer = _exchange(place, found, method, headers or {}, body, until=until)
        if not redirects or answer.status not in MOVED:
            return answer
        address = _joined(address, answer.headers.get("location", ""))
    raise NotFetched(Reason.LEADS_ON)


def _joined(address: str, onward: str) -> str:
    """
    :raises NotFetched:
    """
    try:
        return urljoin(address, onward)
    except ValueError as failure:
        raise NotFetched(Reason.ADDRESS) from failure


def place_of(address: str) -> Place:
    """
    Read the address strictly: what two readers could read as two hosts is refused.

    :raises NotFetched:
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as failure:  # a UnicodeError is one, too
        raise NotFetched(Reason.ADDRESS) from failure
    is_clean = address.isprintable() and not set(address) & set(" \\<>\"'`{}|^")
    is_whole = bool(host) and parts.username is None and parts.password is None
    if not (is_clean and is_whole and len(address) <= LONGEST and parts.scheme in schemes()):
        raise NotFetched(Reason.ADDRESS)
    path = quote(parts.path or "/", safe="/%:@!$&()*+,;=~")
    query = quote(parts.query, safe="/?%:@!$&()*+,;=~")
    return Place(parts.scheme == "https", host, port, f"{path}?{query}" if query else path)


def schemes() -> set[str]:
    return {"https", "http"} if settings.OUTGOING_HTTP else {"https"}


def checked(place: Place, resolve: Resolver) -> list[str]:
    """
    Resolve the name, once. One address that may not be asked spoils the others: whoever names it
    means it.

    :raises NotFetched:
    """
    try:
        rows = resolve(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as failure:
        raise NotFetched(Reason.UNREACHABLE) from failure
    found = [str(row[4][0]) for row in rows]
    if not found or not all(may_ask(ip_address(one)) for one in found):
        raise NotFetched(Reason.INSIDE)
    return found


def may_ask(ip: Ip) -> bool:
    """Whether it is public, or in a network of the operator's own that is meant for this."""
    return is_public(ip) or any(ip in network for network in settings.OUTGOING_NETWORKS)


def is_public(ip: Ip) -> bool:
    if ip.version == UNICAST.version and ip not in UNICAST:
        return False
    return ip.is_global and not any(ip in network for network in NOT_PUBLIC)


class _Pinned(HTTPConnection):
    """A connection to an address that was checked, under the name that was asked for."""

    def __init__(self, place: Place, ip: str, *, until: float) -> None:
        super().__init__(place.host, place.port)
        self.place, self.ip, self.until = place, ip, until
        self.default_port = PORTS["https" if place.is_tls else "http"]  # it is not named in Host

    def connect(self) -> None:
        family = socket.AF_INET6 if ":" in self.ip else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(max(0.01, self.until - time.monotonic()))
        self.sock.connect((self.ip, self.place.port))
        if self.place.is_tls:
            context = ssl.create_default_context()
            # Not within wrap_socket: whoever cuts it off must find the socket.
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.place.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def cut_off(self) -> None:
        """End it, though somebody waits for it: a byte every four seconds resets every timeout."""
        try:
            if self.sock:
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has just ended


def _exchange(
    place: Place,
    found: list[str],
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    until: float,
) -> Answer:
    connection = _Pinned(place, found[0], until=until)
    with _limited(connection, until=until):
        connection.request(method, place.target, body, {"Accept-Encoding": "identity", **headers})
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        if told.get("content-encoding", "").lower() not in PLAIN:
            raise NotFetched(Reason.UNREACHABLE)
        content = response.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise NotFetched(Reason.LARGE)
        return Answer(response.status, told, content)


@contextmanager
def _limited(connection: _Pinned, *, until: float) -> Iterator[None]:
    timer = Timer(max(0, until - time.monotonic()), connection.cut_off)
    timer.daemon = True
    timer.start()
    try:
        yield
        if time.monotonic() >= until:  # what was cut off may look like a short answer
            raise NotFetched(Reason.SLOW)
    except (OSError, HTTPException, ValueError) as failure:
        is_late = isinstance(failure, TimeoutError) or time.monotonic() >= until
        raise NotFetched(Reason.SLOW if is_late else Reason.UNREACHABLE) from failure
    finally:
        timer.cancel()
        connection.close()
