"""A provider's calendar: a day, a week or a month of visits, open hours and leave."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from accounts.models import Provider
from appointments import offers
from appointments.availability import Interval
from appointments.models import Appointment, AppointmentQuerySet
from core import zones
from telehealth.hours_words import ONE_DAY, days, hours_words, leave_words
from telehealth.provider_day import Row, row

WEEK = 7 * ONE_DAY


@dataclass(frozen=True)
class Day:
    """A day of her calendar."""

    on: date
    is_today: bool
    is_beside: bool  # a day of a week of the month that is in another month
    hours: list[str]
    leave: str
    rows: list[Row] = field(default_factory=list)
    count: int = 0  # of visits that take place or took place


def day_of(provider: Provider, on: date, *, now: datetime) -> Day:
    return _with_visits(provider, on, on, now=now)[0]


def week_of(provider: Provider, on: date, *, now: datetime) -> list[Day]:
    """The week in which a day lies, from Monday."""
    first = monday(on)
    return _with_visits(provider, first, first + 6 * ONE_DAY, now=now)


def month_of(provider: Provider, on: date, *, now: datetime) -> list[list[Day]]:
    """The weeks that a month has days in. Numbers only: nobody is named, so nobody is read of."""
    first, last = month_around(on)
    shown = days(monday(first), monday(last) + 6 * ONE_DAY)
    counts: defaultdict[date, int] = defaultdict(int)
    visits = _visits(provider, shown[0], shown[-1]).filter(status__in=Appointment.TAKES_TIME)
    for starts_at in visits.values_list("starts_at", flat=True):
        counts[starts_at.astimezone(provider.zoneinfo).date()] += 1
    frames = _frames(provider, shown, now=now, month=on.month, counts=counts)
    return [frames[place : place + 7] for place in range(0, len(frames), 7)]


def monday(on: date) -> date:
    return on - on.weekday() * ONE_DAY


def month_around(on: date) -> tuple[date, date]:
    """The first and the last day of the month of a day."""
    first = on.replace(day=1)
    return first, (first + 31 * ONE_DAY).replace(day=1) - ONE_DAY


def _with_visits(provider: Provider, first: date, last: date, *, now: datetime) -> list[Day]:
    """Each day with its visits. Six queries, however many visits there are."""
    visits = _visits(provider, first, last).select_related("patient", "video_session", "attendance")
    rows: defaultdict[date, list[Row]] = defaultdict(list)
    for visit in visits.order_by("starts_at"):
        rows[visit.starts_at.astimezone(provider.zoneinfo).date()].append(row(visit, now=now))
    return _frames(provider, days(first, last), now=now, rows=rows)


def _visits(provider: Provider, first: date, last: date) -> AppointmentQuerySet:
    zone = provider.zoneinfo
    mine = Appointment.objects.in_calendar_of(provider.user).filter(provider=provider)
    return mine.filter(
        starts_at__gte=zones.midnight(first, zone),
        starts_at__lt=zones.midnight(last + ONE_DAY, zone),
    )


def _frames(
    provider: Provider,
    shown: Sequence[date],
    *,
    now: datetime,
    month: int = 0,
    rows: dict[date, list[Row]] | None = None,
    counts: dict[date, int] | None = None,
) -> list[Day]:
    zone, first, last = provider.zoneinfo, shown[0], shown[-1]
    window = (zones.midnight(first, zone), zones.midnight(last + ONE_DAY, zone))
    times = offers.open_times([provider], window=window)[provider.pk]
    away = leave_words([provider], first=first, last=last)
    return [
        Day(
            on=on,
            is_today=on == now.astimezone(zone).date(),
            is_beside=bool(month) and on.month != month,
            hours=hours_words(_within(times, on, provider), zone),
            leave=away.get((provider.pk, on), ""),
            rows=(rows or {}).get(on, []),
            count=(counts or {}).get(on, 0),
        )
        for on in shown
    ]


def _within(times: Iterable[Interval], on: date, provider: Provider) -> list[Interval]:
    """What of the open times lies in a day: those past midnight are cut there."""
    start = zones.midnight(on, provider.zoneinfo)
    end = zones.midnight(on + ONE_DAY, provider.zoneinfo)
    cut = ((max(one, start), min(other, end)) for one, other in times)
    return [(one, other) for one, other in cut if one < other]
