"""How long a session may rest, and when it locks. The server's clock decides; scripts only warn.

What counts as activity is a page that is opened or sent, and a report of the page that someone
typed or pointed. What pages fetch by themselves does not count, nor does a socket.
"""

import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from accounts.models import User

MINUTE, HOUR = 60, 3600
ACTIVE_AT, ENTERED_AT, IS_STAFF = "active_at", "entered_at", "is_staff"
WARNED = MINUTE  # seconds ahead
ROUGHLY = 15  # seconds: activity is written no more often, which would be a query a page


@dataclass(frozen=True)
class Limit:
    """Seconds without activity, and seconds in all since the person last showed who she is."""

    idle: int
    whole: int


STAFF = Limit(idle=15 * MINUTE, whole=12 * HOUR)
PATIENT = Limit(idle=30 * MINUTE, whole=24 * HOUR)


def limit_of(session: Any) -> Limit:
    return STAFF if session.get(IS_STAFF, True) else PATIENT


def enter(session: Any, user: User, *, now: float) -> None:
    """Somebody has shown who she is: by signing in, or in full at the lock."""
    session[ENTERED_AT] = session[ACTIVE_AT] = now
    session[IS_STAFF] = user.works_here


def touch(session: Any, *, now: float) -> bool:
    """Note activity. Return whether it was written down."""
    if now - session.get(ACTIVE_AT, 0) < ROUGHLY:
        return False
    session[ACTIVE_AT] = now
    return True


def unlock(session: Any, user: User, *, now: float) -> None:
    """The person has proved herself: in full if the day was over, so that another begins."""
    if is_over(session, now=now):
        enter(session, user, now=now)
    touch(session, now=now)


def seconds_left(session: Any, *, now: float) -> int:
    """Seconds until the session locks; none or less if it is locked."""
    limit = limit_of(session)
    rest = limit.idle - (now - session.get(ACTIVE_AT, 0))
    return int(min(rest, whole_left(session, now=now), limit.idle))


def whole_left(session: Any, *, now: float) -> float:
    whole: float = limit_of(session).whole - (now - session.get(ENTERED_AT, 0))
    return whole


def is_locked(session: Any, *, now: float) -> bool:
    return seconds_left(session, now=now) <= 0


def is_over(session: Any, *, now: float) -> bool:
    """Whether the password alone does not unlock it any more: the day is over."""
    return whole_left(session, now=now) <= 0


def is_by_hand(request: HttpRequest) -> bool:
    """Whether a person opened or sent this page, and not a script of a page."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode == "navigate" and "HX-Request" not in request.headers


def clock() -> float:
    return time.time()
