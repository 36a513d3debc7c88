"""The demo provider's hours around now: whenever the practice is seeded, there is a visit to join.

At night and on holidays as well: she works from two hours before the demo patient's visit to
three hours after it, beside her ordinary hours.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from accounts.models import Provider
from appointments.models import AvailabilityException
from telehealth.demo import visits
from telehealth.demo.hours import Minutes
from telehealth.demo.patients import Case

QUARTER = timedelta(minutes=15)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEFORE, AFTER = 2 * HOUR, 3 * HOUR
VISITS = (0 * HOUR, -2 * HOUR, HOUR, 2 * HOUR)  # the first one is the demo patient's


def next_start(now: datetime) -> datetime:
    """Return the quarter hour that is five to twenty minutes away."""
    soon = now + timedelta(minutes=5)
    past_quarter = timedelta(
        minutes=soon.minute % 15, seconds=soon.second, microseconds=soon.microsecond
    )
    return soon - past_quarter + QUARTER


def open_hours(provider: Provider, start: datetime) -> None:
    """Open the hours around `start`, and say the ordinary ones again, which they replace."""
    parts = list(by_day(start - BEFORE, start + AFTER, provider.zoneinfo))
    days = [day for day, _ in parts]
    AvailabilityException.objects.filter(provider=provider, on__in=days).delete()
    stated = [*parts, *ordinary(provider, days)]
    AvailabilityException.objects.bulk_create(
        AvailabilityException(provider=provider, on=day, from_minute=first, to_minute=last)
        for day, (first, last) in joined(stated)
    )


def by_day(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, Minutes]]:
    """Cut a time of some hours at midnight into wall minutes."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        yield first.date(), (minute_of(first), minute_of(last))
        return
    yield first.date(), (minute_of(first), 24 * 60)
    if minute_of(last):
        yield last.date(), (0, minute_of(last))


def joined(stated: list[tuple[date, Minutes]]) -> Iterator[tuple[date, Minutes]]:
    """Make hours of one day that overlap one: the database takes each minute once."""
    for day in sorted({day for day, _ in stated}):
        first, last = 0, 0
        for start, end in sorted(minutes for on, minutes in stated if on == day):
            if last < start:
                if first < last:
                    yield day, (first, last)
                first = start
            last = max(last, end)
        yield day, (first, last)


def minute_of(at: datetime) -> int:
    return at.hour * 60 + at.minute


def ordinary(provider: Provider, days: list[date]) -> Iterator[tuple[date, Minutes]]:
    for rule in provider.availability_rules.all():
        for day in days:
            if day.weekday() == rule.weekday:
                yield day, (rule.from_minute, rule.to_minute)


def keeps_clear(starts_at: datetime, start: datetime) -> bool:
    """Whether an ordinary visit leaves the time around `start` alone."""
    return not start - BEFORE - HOUR < starts_at < start + AFTER


def play(cases: list[Case], rng: Random, *, now: datetime) -> None:
    """Book the visits of today. The note of the one that is over is still to be written."""
    for case, offset in zip(cases, VISITS, strict=False):
        starts_at = next_start(now) + offset
        booked_at = visits.booking_time(starts_at, rng, not_before=case.joined_at, now=now)
        visit = visits.book(case.provider, case.patient, starts_at=starts_at, booked_at=booked_at)
        if starts_at < now:
            visits.attend(visit, rng)
