"""Speaking CalDAV (RFC 4791, RFC 6578) with one calendar: what it takes to be two-way, no more.

By hand, and not by the `caldav` library, because that opens connections of its own, which nobody
would look at (core.outgoing). Redirects are not followed: the password goes where she said.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from defusedxml.ElementTree import ParseError, fromstring

from appointments.availability import Interval
from appointments.external import LONGEST_ETAG
from core import outgoing
from core.outgoing import Answer

DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
SYNC = """<?xml version="1.0" encoding="utf-8"?>
<d:sync-collection xmlns:d="DAV:"><d:sync-token>{token}</d:sync-token>
<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"""
QUERY = """<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><c:calendar-data/></d:prop><c:filter><c:comp-filter name="VCALENDAR">
<c:comp-filter name="VEVENT"><c:time-range start="{start}" end="{end}"/></c:comp-filter>
</c:comp-filter></c:filter></c:calendar-query>"""
ETAG = """<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>"""
STALE_TOKEN = {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST}
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
PUT_DOWN = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}


class Refused(Exception):
    """The server answered, and did not do it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class NoCalDav(Exception):
    """What answers there does not speak it."""


class TokenStale(Exception):
    """The server remembers no such state any more: ask for all."""


@dataclass(frozen=True)
class Changes:
    """Since a state, and the name of the new one. By the names of the resources."""

    token: str
    changed: dict[str, str]  # name: its etag
    deleted: set[str]


@dataclass(frozen=True)
class Collection:
    """One calendar on a server."""

    address: str
    username: str
    password: str = field(repr=False)

    def changes(self, token: str) -> Changes:
        """
        Return what has changed since `token`; "" asks for all there is.

        :raises TokenStale:
        :raises Refused:
        :raises NoCalDav:
        :raises NotFetched:
        """
        answer = self._ask("REPORT", SYNC.format(token=escape(token)))
        if token and answer.status in STALE_TOKEN:
            raise TokenStale
        root = _multistatus(answer)
        changed: dict[str, str] = {}
        deleted: set[str] = set()
        for response in root.findall(f"{DAV}response"):
            name = _name(response.findtext(f"{DAV}href", ""))
            if " 404 " in f"{response.findtext(f'{DAV}status', '')} ":
                deleted.add(name)
            elif name:  # the calendar itself has none
                changed[name] = _kept(response.findtext(f".//{DAV}getetag", ""))
        return Changes(root.findtext(f"{DAV}sync-token", ""), changed, deleted)

    def files(self, window: Interval) -> bytes:
        """
        Return the iCalendar files of all events that meet the window, one after the other.

        :raises Refused:
        :raises NoCalDav:
        :raises NotFetched:
        """
        start, end = (f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in window)
        answer = self._ask("REPORT", QUERY.format(start=start, end=end), Depth="1")
        found: Iterator[Any] = _multistatus(answer).iter(f"{CALDAV}calendar-data")
        return "".join(f"{(one.text or '').strip()}\r\n" for one in found).encode()

    def put(self, name: str, file: bytes) -> str:
        """
        Write a resource, whatever was there. Return its etag.

        :raises Refused:
        :raises NotFetched:
        """
        answer = self._ask("PUT", file, name, Content_Type="text/calendar; charset=utf-8")
        if answer.status not in PUT_DOWN:
            raise Refused(answer.status)
        if etag := answer.headers.get("etag", ""):
            return _kept(etag)
        # A server that keeps it in words of its own says nothing here (RFC 4791, 5.3.4).
        found = self._ask("PROPFIND", ETAG, name, Depth="0")
        return _kept(_multistatus(found).findtext(f".//{DAV}getetag", ""))

    def delete(self, name: str) -> None:
        """
        Remove a resource. Where there is none, there is nothing to do.

        :raises Refused:
        :raises NotFetched:
        """
        answer = self._ask("DELETE", b"", name)
        if answer.status not in PUT_DOWN | GONE:
            raise Refused(answer.status)

    def _ask(self, method: str, body: str | bytes, name: str = "", **headers: str) -> Answer:
        proof = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        said = {"Content_Type": "application/xml; charset=utf-8", **headers}
        return outgoing.ask(
            f"{self.address.rstrip('/')}/{name}",
            method=method,
            headers={
                "Authorization": f"Basic {proof}",
                **{header.replace("_", "-"): value for header, value in said.items()},
            },
            body=body.encode() if isinstance(body, str) else body,
        )


def _kept(etag: str) -> str:
    """The etag, or what stands for one that is too long for a row, or for any row at all."""
    is_short = len(etag) <= LONGEST_ETAG and etag.isprintable()
    return etag if is_short else hashlib.sha256(etag.encode()).hexdigest()


def _multistatus(answer: Answer) -> Any:
    if answer.status != HTTPStatus.MULTI_STATUS:
        raise Refused(answer.status)
    try:
        return fromstring(answer.body)
    # What defusedxml forbids is a ValueError, an encoding that nobody knows a LookupError.
    except (ParseError, ValueError, LookupError) as failure:
        raise NoCalDav from failure


def _name(href: str) -> str:
    """
    :raises NoCalDav:
    """
    try:
        path = urlsplit(href).path
    except ValueError as failure:
        raise NoCalDav from failure
    return "" if path.endswith("/") else unquote(path.rpartition("/")[2])
