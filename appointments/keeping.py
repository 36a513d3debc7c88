"""Keep a provider's hours: her week and how it is cut, single dates, leave.

Every change is one transaction: under the lock of her time, against the revision that was read,
with the index of free time renewed. Booked visits stay as they are; those that would come to lie
outside of the hours are told first, and once they have been seen the change is made.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import Provider, User
from appointments import availability, days, indexing, offers
from appointments.models import (
    Appointment,
    AvailabilityException,
    AvailabilityRule,
    Leave,
    Schedule,
)
from core import audit
from core.transactions import retried

Minutes = tuple[int, int]
"""From one minute of a day to another, by the provider's clock."""


class Overtaken(Exception):
    """The hours have been changed since they were read. Nothing is saved."""


class WouldLieOutside(Exception):
    """Booked visits would lie outside of the hours, and nobody has seen that yet. Nothing is saved.

    `visits` are those, the soonest first.
    """

    def __init__(self, visits: Sequence[Appointment]) -> None:
        super().__init__(f"{len(visits)} visits")
        self.visits = visits


class MeetsAnother(Exception):
    """The date, or the leave, is stated already, and these times meet it."""


@dataclass(frozen=True)
class Reading:
    """What the one who makes a change has read before: a revision, and visits that lie outside."""

    revision: int | None
    seen: Collection[UUID] = ()


@retried
@transaction.atomic
def keep_week(
    *,
    provider: Provider,
    rules: Sequence[availability.Rule],
    cut: dict[str, Any],
    read: Reading,
    by: User,
    now: datetime,
) -> None:
    """
    Put these weekly hours in the place of all that there were.

    :param cut: fields of Schedule
    :raises Overtaken:
    :raises WouldLieOutside:
    """
    with _changed(provider, read, now=now) as schedule:
        provider.availability_rules.all().delete()
        AvailabilityRule.objects.bulk_create(
            AvailabilityRule(provider=provider, **vars(rule)) for rule in rules
        )
        for name, value in cut.items():
            setattr(schedule, name, value)
    audit.record("hours.saved", subject=provider, by=by, at=now)


@retried
@transaction.atomic
def change_date(
    *,
    provider: Provider,
    stated: availability.DateException,
    read: Reading,
    by: User,
    now: datetime,
) -> None:
    """
    Close a date, or give it hours in place of its weekday's.

    :raises MeetsAnother: if what is stated of that date already meets it
    :raises Overtaken:
    :raises WouldLieOutside:
    """
    with _changed(provider, read, now=now):
        of_that_day = provider.availability_exceptions.filter(on=stated.on)
        if any(_meets(stated, other) for other in of_that_day):
            raise MeetsAnother
        AvailabilityException.objects.create(provider=provider, **vars(stated))
    audit.record("hours.date-changed", subject=provider, by=by, at=now)


@retried
@transaction.atomic
def restore_date(*, provider: Provider, on: date, read: Reading, by: User, now: datetime) -> None:
    """
    Let the weekly hours hold on a date again.

    :raises Overtaken:
    :raises WouldLieOutside:
    """
    with _changed(provider, read, now=now):
        provider.availability_exceptions.filter(on=on).delete()
    audit.record("hours.date-restored", subject=provider, by=by, at=now)


@retried
@transaction.atomic
def take_leave(
    *,
    provider: Provider,
    first_on: date,
    last_on: date,
    reason: str,
    read: Reading,
    by: User,
    now: datetime,
) -> None:
    """
    Be away from one day to another, both included.

    :raises MeetsAnother: if she is away on one of these days already
    :raises Overtaken:
    :raises WouldLieOutside:
    """
    with _changed(provider, read, now=now):
        if provider.leaves.filter(first_on__lte=last_on, last_on__gte=first_on).exists():
            raise MeetsAnother
        Leave.objects.create(provider=provider, first_on=first_on, last_on=last_on, reason=reason)
    audit.record("leave.taken", subject=provider, by=by, at=now)


@retried
@transaction.atomic
def end_leave(*, provider: Provider, leave: Leave, read: Reading, by: User, now: datetime) -> None:
    """
    Take leave back: the hours of its days hold again.

    :raises Overtaken:
    """
    with _changed(provider, read, now=now):
        leave.delete()
    audit.record("leave.ended", subject=provider, by=by, at=now)


@retried
@transaction.atomic
def be_away(
    *,
    provider: Provider,
    on: date,
    minutes: Minutes | None,
    seen: Collection[UUID],
    by: User,
    now: datetime,
) -> None:
    """
    Be away at short notice, all of a day or from one minute of it to another. Said twice, it is
    kept once. What nobody has to read first: whatever the hours of that day are, it is cut out.

    :param seen: the visits then that are known to lie outside of the hours after this
    :raises WouldLieOutside: if there is another
    """
    locked = indexing.lock([provider.pk])
    revisions = Schedule.objects.filter(provider__in=locked).values_list("revision", flat=True)
    before = _ranges(provider, on)
    after = _without(before, minutes) if minutes else []
    if before == after:
        return
    with _changed(provider, Reading(revisions.first() or 0, seen), now=now):
        if minutes is None:
            Leave.objects.create(
                provider=provider, first_on=on, last_on=on, reason=Leave.Reason.AWAY
            )
        else:
            _state(provider, on, after)
    deed = "leave.taken" if minutes is None else "hours.date-changed"
    audit.record(deed, subject=provider, by=by, at=now)


def is_away(provider: Provider, on: date, minutes: Minutes | None) -> bool:
    """Whether she does not work then: nobody can book into it."""
    ranges = _ranges(provider, on)
    return ranges == (_without(ranges, minutes) if minutes else [])


def _ranges(provider: Provider, on: date) -> list[Minutes]:
    """When she works on a date, in minutes of her own clock."""
    if provider.leaves.filter(first_on__lte=on, last_on__gte=on).exists():
        return []
    stated = list(provider.availability_exceptions.filter(on=on).order_by("from_minute"))
    if stated:
        hours = [(row.from_minute, row.to_minute) for row in stated]
        return [(start, end) for start, end in hours if start is not None and end is not None]
    begun = Q(valid_from=None) | Q(valid_from__lte=on)
    lasting = Q(valid_until=None) | Q(valid_until__gte=on)
    ruled = provider.availability_rules.filter(begun, lasting, weekday=on.weekday())
    return list(ruled.order_by("from_minute").values_list("from_minute", "to_minute"))


def _without(ranges: Sequence[Minutes], away: Minutes) -> list[Minutes]:
    """What is left of the ranges."""
    parts = [
        part
        for start, end in ranges
        for part in ((start, min(end, away[0])), (max(start, away[1]), end))
    ]
    return sorted({(start, end) for start, end in parts if start < end})


def _state(provider: Provider, on: date, ranges: Sequence[Minutes]) -> None:
    """State the hours of a date anew; none: it is closed."""
    provider.availability_exceptions.filter(on=on).delete()
    stated = [availability.DateException(on, *minutes) for minutes in ranges]
    AvailabilityException.objects.bulk_create(
        AvailabilityException(provider=provider, **vars(one))
        for one in stated or [availability.DateException(on)]
    )


@contextmanager
def _changed(provider: Provider, read: Reading, *, now: datetime) -> Iterator[Schedule]:
    """Lock, look, let the change be made, and weigh it; an exception undoes all of it."""
    locked = indexing.lock([provider.pk])
    schedule, _is_new = Schedule.objects.get_or_create(provider=provider)
    if schedule.revision != read.revision:
        raise Overtaken
    before = {visit.pk for visit in outside(provider, now=now)}
    yield schedule
    schedule.revision += 1
    schedule.save()
    after = [visit for visit in outside(provider, now=now) if visit.pk not in before]
    if {visit.pk for visit in after} - set(read.seen):
        raise WouldLieOutside(after)
    indexing.renew(locked, now=now)
    days.publish_hours(provider)


def outside(provider: Provider, *, now: datetime) -> list[Appointment]:
    """Return the visits ahead that do not lie in her hours, the soonest first."""
    visits = list(Appointment.objects.upcoming(now=now).filter(provider=provider))
    if not visits:
        return []
    window = (min(one.starts_at for one in visits), max(one.ends_at for one in visits))
    as_they_are = Provider.objects.get(pk=provider.pk)  # nothing that was fetched before
    times = offers.open_times([as_they_are], window=window)[provider.pk]
    return [
        one for one in visits if not any(a <= one.starts_at and one.ends_at <= b for a, b in times)
    ]


def _meets(stated: availability.DateException, other: AvailabilityException) -> bool:
    """Whether two statements about one date say something of the same minute."""
    if None in (stated.from_minute, other.from_minute):
        return True  # a closed date is closed all day
    mine, theirs = _minutes(stated), _minutes(other)
    return mine[0] < theirs[1] and theirs[0] < mine[1]


def _minutes(stated: availability.DateException | AvailabilityException) -> tuple[int, int]:
    return stated.from_minute or 0, stated.to_minute or 0
