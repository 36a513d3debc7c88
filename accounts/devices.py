"""Where somebody is signed in: allauth's list of sessions, in words, and the end of one."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import revocation
from accounts.models import User
from core import audit

# The first that is found in what the browser says: Edge also says Chrome, which says Safari.
BROWSERS = {
    "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "SamsungBrowser":
    "Samsung Internet", "Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows",
    "CrOS": "Chromebook", "Mac OS": "Mac", "Linux": "Linux",
}  # fmt: skip


@dataclass(frozen=True)
class Device:
    """One place where the person is signed in."""

    id: int
    name: str
    ip: str
    since: datetime
    seen_at: datetime
    is_here: bool


def sessions_of(user: User) -> QuerySet[UserSession]:
    found: QuerySet[UserSession] = UserSession.objects.filter(user=user)
    return found


def of(request: HttpRequest, user: User) -> list[Device]:
    """Every session of the user that still stands, this one first."""
    here = request.session.session_key
    found = [device(row, here=here) for row in UserSession.objects.purge_and_list(user)]
    return sorted(found, key=lambda each: (not each.is_here, -each.seen_at.timestamp()))


def device(row: Any, *, here: str | None) -> Device:
    return Device(
        id=row.pk,
        name=named(row.user_agent),
        ip=row.ip,
        since=row.created_at,
        seen_at=row.last_seen_at,
        is_here=row.session_key == here,
    )


def named(user_agent: str) -> str:
    """Say what kind of device it is, from what the browser says of itself."""
    browser, system = first(BROWSERS, user_agent), first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("A device we do not know")


def first(words: dict[str, str], text: str) -> str:
    return next((name for word, name in words.items() if re.search(rf"\b{word}", text)), "")


def end(*, user: User, device_id: int, now: datetime) -> None:
    """Sign the user out on one device. One that is not hers, or is gone already, is left alone."""
    _end(UserSession.objects.filter(user=user, pk=device_id), user=user, now=now)


def end_others(*, user: User, here: str | None, now: datetime) -> None:
    """Sign the user out everywhere but here."""
    _end(UserSession.objects.filter(user=user).exclude(session_key=here), user=user, now=now)


def _end(rows: Any, *, user: User, now: datetime) -> None:
    for row in rows:
        row.end()
        audit.record("device.ended", subject=user, by=user, at=now)
    revocation.announce(user)
