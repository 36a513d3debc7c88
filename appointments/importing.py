"""When a provider is busy elsewhere: fetched from calendars that she names, times only (ADR 0022).

A calendar is fetched every quarter of an hour, later where it keeps failing, outside of any
transaction. What it says replaces what it said before, under the lock of her time: of an import and
a booking at once, the second sees the first.
"""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import Provider, User
from appointments import caldav, expanding, indexing, putting
from appointments.availability import Interval
from appointments.expander import Unreadable
from appointments.external import LONGEST_DATE, LONGEST_ETAG
from appointments.models import Appointment, ExternalBusy, ExternalCalendar
from appointments.offers import FURTHEST, ONE_DAY
from core import audit, outgoing
from core.outgoing import Answer, NotFetched
from core.transactions import retried

log = logging.getLogger(__name__)

EVERY, SELDOM = timedelta(minutes=15), timedelta(hours=6)
MOST = 5  # calendars a provider
BATCH = 20
REDIRECTS = 3
OK, UNCHANGED = 200, 304
FAILURES = {
    401: ExternalCalendar.Failure.REFUSED,
    403: ExternalCalendar.Failure.REFUSED,
    404: ExternalCalendar.Failure.GONE,
    410: ExternalCalendar.Failure.GONE,
}


class NotAnAddress(Exception):
    """It cannot be asked at all; whether anybody answers there is found out later."""


class TooMany(Exception):
    """She has as many calendars as one may have."""


class Failed(Exception):
    """Nothing new is known; the failure is one of ExternalCalendar.Failure."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


@transaction.atomic
def add(
    *,
    provider: Provider,
    address: str,
    by: User,
    now: datetime,
    username: str = "",
    password: str = "",
) -> ExternalCalendar:
    """
    Count what this calendar says as busy, from its first fetch on, which the next sweep does.

    With a name and a password it is one on a CalDAV server, and visits are put there. Named twice,
    it is one calendar, with the password that was given last: two would each put back what the
    other one has put.

    :raises NotAnAddress:
    :raises TooMany:
    """
    try:
        address = with_scheme(address)
        outgoing.place_of(address)
    except (ValueError, NotFetched) as refusal:
        raise NotAnAddress from refusal
    indexing.lock([provider.pk])  # two at once must not both be the last
    if known := _named_already(provider, address, username):
        return _signed_in_anew(known, password, by=by, now=now)
    if provider.external_calendars.count() >= MOST:
        raise TooMany
    named: dict[str, Any] = {"address": address, "added_at": now, "due_at": now}
    if username:
        kind = ExternalCalendar.Kind.CALDAV
        named |= {"kind": kind, "username": username, "password": password}
    calendar = ExternalCalendar.objects.create(provider=provider, **named)
    if username:
        putting.plan_all(calendar, now=now)
    audit.record("calendar.added", subject=calendar, by=by, at=now)
    return calendar


def _named_already(provider: Provider, address: str, username: str) -> ExternalCalendar | None:
    """Looked up one by one: nothing is found by what is closed at rest."""
    named = provider.external_calendars.all()
    return next((o for o in named if (o.address, o.username or "") == (address, username)), None)


def _signed_in_anew(
    calendar: ExternalCalendar, password: str, *, by: User, now: datetime
) -> ExternalCalendar:
    """Fetch it anew, and put there what an old password could not."""
    calendar.due_at = now
    calendar.password = password or None
    calendar.save(update_fields=["due_at", "password"])
    if calendar.username:
        putting.plan_all(calendar, now=now)
    audit.record("calendar.added", subject=calendar, by=by, at=now)
    return calendar


def with_scheme(address: str) -> str:
    """Calendar programs say webcal: for what is fetched with https."""
    parts = urlsplit(address.strip())
    return parts._replace(scheme="https").geturl() if parts.scheme == "webcal" else parts.geturl()


@retried
@transaction.atomic
def remove(*, calendar: ExternalCalendar, by: User, now: datetime) -> None:
    """Its times are free again at once."""
    indexing.lock([calendar.provider_id])
    audit.record("calendar.removed", subject=calendar, by=by, at=now)
    calendar.delete()
    indexing.renew([calendar.provider_id], now=now)


def hasten(*, calendar: ExternalCalendar, now: datetime) -> None:
    """Let the next sweep fetch it, however often it has failed."""
    ExternalCalendar.objects.filter(pk=calendar.pk).update(due_at=now)


def sweep(*, now: datetime) -> int:
    """Fetch what is due. Return how many that was."""
    claimed = _claim(now=now)
    for calendar in claimed:
        try:
            refresh(calendar, now=now)
        except Exception as failure:  # what one server says must not keep the others waiting
            log.warning("calendar %s failed: %s", calendar.pk, type(failure).__name__)
            _note_failure(calendar, ExternalCalendar.Failure.FAULT, now=now)
    return len(claimed)


@transaction.atomic
def _claim(*, now: datetime) -> list[ExternalCalendar]:
    """Take some that are due, so that no other worker does; one that dies lets go of them."""
    due = ExternalCalendar.objects.due(now=now).select_related("provider")
    claimed = list(due.select_for_update(of=("self",), skip_locked=True)[:BATCH])
    taken = ExternalCalendar.objects.filter(pk__in=[calendar.pk for calendar in claimed])
    taken.update(due_at=now + EVERY)
    return claimed


@dataclass(frozen=True)
class News:
    """What a look at a calendar has told."""

    found: expanding.Found | None  # None: it is as it was
    state: dict[str, str]  # by what the next look is told whether it has changed


def refresh(calendar: ExternalCalendar, *, now: datetime) -> None:
    """Look at it, and keep what it says. A failure is kept as a word, and changes no time."""
    try:
        news = look(calendar, now=now)
    except Failed as failed:
        _note_failure(calendar, failed.failure, now=now)
    else:
        _note(calendar, news, now=now)


def look(calendar: ExternalCalendar, *, now: datetime) -> News:
    """
    :raises Failed:
    """
    try:
        if calendar.kind == ExternalCalendar.Kind.CALDAV:
            return _look_by_caldav(calendar, now=now)
        return _look_at_file(calendar, now=now)
    except NotFetched as failure:
        raise Failed(failure.reason.value) from failure
    except Unreadable as failure:
        raise Failed(str(failure)) from failure
    except caldav.NoCalDav as failure:
        raise Failed(ExternalCalendar.Failure.NO_CALDAV) from failure
    except caldav.Refused as failure:
        raise Failed(failure_of(failure.status)) from failure


def failure_of(status: int) -> str:
    return FAILURES.get(status, ExternalCalendar.Failure.FAULT)


def _look_at_file(calendar: ExternalCalendar, *, now: datetime) -> News:
    headers = {"Accept": "text/calendar"}
    if is_read(calendar, now=now):
        told = {"If-None-Match": calendar.etag, "If-Modified-Since": calendar.last_modified}
        headers |= {name: value for name, value in told.items() if value}
    answer = outgoing.ask(calendar.address, headers=headers, redirects=REDIRECTS)
    if answer.status == UNCHANGED:
        return News(None, {})
    if answer.status != OK:
        raise Failed(failure_of(answer.status))
    return News(_expanded(calendar, answer.body, now=now), validators(answer))


def _look_by_caldav(calendar: ExternalCalendar, *, now: datetime) -> News:
    """Ask what has changed; where something of others has, read all of the year ahead anew."""
    there = putting.collection_of(calendar)
    ours = putting.names_in(calendar)
    try:
        changes = there.changes(calendar.sync_token)
    except caldav.TokenStale:  # all there is: what is not named is gone
        changes = there.changes("")
        changes = replace(changes, deleted=ours - set(changes.changed))
    putting.put_back(calendar, changes, now=now)
    state = {"sync_token": changes.token}
    others = {*changes.changed, *changes.deleted} - ours
    if is_read(calendar, now=now) and not others:
        return News(None, state)
    files = there.files(window(now))
    # No event in the year is no file: a server that has answered so has nothing to say.
    return News(_expanded(calendar, files, now=now) if files else expanding.Found([], 0), state)


def is_read(calendar: ExternalCalendar, *, now: datetime) -> bool:
    """Whether it was read whole within a day. Once a day it has to be: of what repeats, another day
    has come within reach, though nothing has changed there."""
    return calendar.expanded_at is not None and calendar.expanded_at > now - ONE_DAY


def window(now: datetime) -> Interval:
    """As far ahead as anything is booked: a year, in which a practice may repeat visits. From the
    beginning of the day, so that what goes on at this moment stays as it is."""
    midnight = datetime.combine(now.astimezone(UTC), time(), tzinfo=UTC)
    return midnight, midnight + FURTHEST


def _expanded(calendar: ExternalCalendar, content: bytes, *, now: datetime) -> expanding.Found:
    zone = calendar.provider.zoneinfo
    return expanding.expand(content, zone=zone, window=window(now))


@retried
@transaction.atomic
def _note(calendar: ExternalCalendar, news: News, *, now: datetime) -> None:
    indexing.lock([calendar.provider_id])
    known: dict[str, Any] = {"fetched_at": now, "failure": "", "failures_count": 0, **news.state}
    if news.found is not None:
        known |= {"expanded_at": now, "unread_count": news.found.unread_count}
    if not ExternalCalendar.objects.filter(pk=calendar.pk).update(**known):
        return  # removed in the meantime
    if news.found is not None and _replace(calendar, news.found.busy):
        indexing.renew([calendar.provider_id], now=now)


def validators(answer: Answer) -> dict[str, str]:
    """As the server says them; one that cannot be kept, or said again, is none."""
    etag, since = (answer.headers.get(name, "") for name in ("etag", "last-modified"))
    return {
        "etag": etag if len(etag) <= LONGEST_ETAG and etag.isprintable() else "",
        "last_modified": since if len(since) <= LONGEST_DATE and since.isprintable() else "",
    }


def _replace(calendar: ExternalCalendar, busy: list[Interval]) -> bool:
    """Write what differs. Return whether anything did."""
    rows = ExternalBusy.objects.filter(calendar=calendar)
    kept = {(start, end): pk for pk, start, end in rows.values_list("pk", "starts_at", "ends_at")}
    gone = [pk for times, pk in kept.items() if times not in set(busy)]
    rows.filter(pk__in=gone).delete()
    new = [times for times in busy if times not in kept]
    ExternalBusy.objects.bulk_create(
        ExternalBusy(calendar=calendar, starts_at=start, ends_at=end) for start, end in new
    )
    return bool(gone or new)


def _note_failure(calendar: ExternalCalendar, failure: str, *, now: datetime) -> None:
    """What it said before goes on to hold: a time that was busy is not given away by an outage."""
    count = min(calendar.failures_count + 1, 100)
    pause = min(EVERY * 2 ** min(count - 1, 10), SELDOM)
    news = {"failure": failure, "failures_count": count, "due_at": now + pause}
    ExternalCalendar.objects.filter(pk=calendar.pk).update(**news)


def conflicts(provider: Provider, *, now: datetime) -> list[Appointment]:
    """Return the visits to come that meet a time in which she is busy elsewhere."""
    met = ExternalBusy.objects.filter(
        calendar__provider=OuterRef("provider"),
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    hers = Appointment.objects.visible_to(provider.user).filter(Exists(met), provider=provider)
    return list(hers.upcoming(now=now))
