"""When a provider is busy elsewhere: fetched from calendars that she names, times only (ADR 0022).

A calendar is fetched every quarter of an hour, later where it keeps failing, outside of any
transaction. What it says replaces what it said before, under the lock of her time: of an import and
a booking at once, the second sees the first.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import Provider, User
from appointments import expanding, indexing
from appointments.availability import Interval
from appointments.expander import Unreadable
from appointments.external import LONGEST_DATE, LONGEST_ETAG
from appointments.models import Appointment, ExternalBusy, ExternalCalendar
from appointments.offers import FURTHEST, ONE_DAY
from core import audit, outgoing
from core.outgoing import Answer, NotFetched
from core.transactions import retried

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
def add(*, provider: Provider, address: str, by: User, now: datetime) -> ExternalCalendar:
    """
    Count what this calendar says as busy, from its first fetch on, which the next sweep does.

    :raises NotAnAddress:
    :raises TooMany:
    """
    address = with_scheme(address)
    try:
        outgoing.place_of(address)
    except NotFetched as refusal:
        raise NotAnAddress from refusal
    indexing.lock([provider.pk])  # two at once must not both be the last
    if provider.external_calendars.count() >= MOST:
        raise TooMany
    named = {"address": address, "added_at": now, "due_at": now}
    calendar = ExternalCalendar.objects.create(provider=provider, **named)
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
        refresh(calendar, now=now)
    return len(claimed)


@transaction.atomic
def _claim(*, now: datetime) -> list[ExternalCalendar]:
    """Take some that are due, so that no other worker does; one that dies lets go of them."""
    due = ExternalCalendar.objects.due(now=now).select_related("provider")
    claimed = list(due.select_for_update(of=("self",), skip_locked=True)[:BATCH])
    taken = ExternalCalendar.objects.filter(pk__in=[calendar.pk for calendar in claimed])
    taken.update(due_at=now + EVERY)
    return claimed


def refresh(calendar: ExternalCalendar, *, now: datetime) -> None:
    """Fetch it, and keep what it says. A failure is kept as a word, and changes no time."""
    try:
        answer = fetched(calendar, now=now)
        found = None if answer.status == UNCHANGED else expanded(calendar, answer, now=now)
    except Failed as failed:
        _note_failure(calendar, failed.failure, now=now)
    else:
        _note(calendar, answer, found, now=now)


def fetched(calendar: ExternalCalendar, *, now: datetime) -> Answer:
    """
    :raises Failed:
    """
    try:
        answer = outgoing.ask(
            calendar.address, headers=known(calendar, now=now), redirects=REDIRECTS
        )
    except NotFetched as failure:
        raise Failed(failure.reason.value) from failure
    if answer.status not in (OK, UNCHANGED):
        raise Failed(FAILURES.get(answer.status, ExternalCalendar.Failure.FAULT))
    return answer


def known(calendar: ExternalCalendar, *, now: datetime) -> dict[str, str]:
    """What tells the server which state we have. Once a day none: of what repeats, another day has
    come within reach, though the file is the same."""
    headers = {"Accept": "text/calendar"}
    if calendar.expanded_at and calendar.expanded_at > now - ONE_DAY and not calendar.failure:
        told = {"If-None-Match": calendar.etag, "If-Modified-Since": calendar.last_modified}
        headers |= {name: value for name, value in told.items() if value}
    return headers


def expanded(calendar: ExternalCalendar, answer: Answer, *, now: datetime) -> expanding.Found:
    """
    As far ahead as anything is booked: a year, in which a practice may repeat visits.

    :raises Failed:
    """
    # From the beginning of the day, so that what goes on at this moment stays as it is.
    midnight = datetime.combine(now.astimezone(UTC), time(), tzinfo=UTC)
    window = (midnight, midnight + FURTHEST)
    try:
        return expanding.expand(answer.body, zone=calendar.provider.zoneinfo, window=window)
    except Unreadable as failure:
        raise Failed(str(failure)) from failure


@retried
@transaction.atomic
def _note(
    calendar: ExternalCalendar, answer: Answer, found: expanding.Found | None, *, now: datetime
) -> None:
    indexing.lock([calendar.provider_id])
    news: dict[str, Any] = {"fetched_at": now, "failure": "", "failures_count": 0}
    if found is not None:
        news |= {"expanded_at": now, "unread_count": found.unread_count, **validators(answer)}
    if not ExternalCalendar.objects.filter(pk=calendar.pk).update(**news):
        return  # removed in the meantime
    if found is not None and _replace(calendar, found.busy):
        indexing.renew([calendar.provider_id], now=now)


def validators(answer: Answer) -> dict[str, str]:
    """As the server says them; one that is too long to be kept is none."""
    etag, since = (answer.headers.get(name, "") for name in ("etag", "last-modified"))
    return {
        "etag": etag if len(etag) <= LONGEST_ETAG else "",
        "last_modified": since if len(since) <= LONGEST_DATE else "",
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
