"""Repeat a booked visit at the same wall time, every so many weeks.

The rule is a wall time and the zone of the provider; each visit is an appointment of its own, which
stores its wall time, the zone, and the instant that follows from them. All are booked in one
transaction, under the provider's lock, and told in one mail: whoever sees an error has no visit
of them, and whoever has a visit sees none.

A patient repeats as far ahead as the provider gives times; the provider for up to a year.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from appointments import (
    availability,
    booking,
    common_time,
    indexing,
    occurrences,
    series_notices,
)
from appointments.booking import TooLate
from appointments.common_time import CommonTime
from appointments.models import Appointment, AppointmentSeries, InvalidTransition
from appointments.occurrences import Choices, Occurrence, Wanted
from core import audit
from core.transactions import retried, take_turns

FEWEST, MOST = 2, 53  # dates, the first among them: a year of weeks


class RepeatsAlready(Exception):
    """The visit is one of a series."""


@dataclass(frozen=True)
class Rhythm:
    """Every so many weeks, on so many dates; the visit that is repeated is the first."""

    every_weeks: int
    count: int

    def dates(self, first: date) -> list[date]:
        """Return the dates that follow the first."""
        every = timedelta(weeks=self.every_weeks)
        return [first + number * every for number in range(1, self.count)]


def plan(
    *, appointment: Appointment, rhythm: Rhythm, choices: Choices, by: User, now: datetime
) -> list[Occurrence]:
    """Say what repeating would book, and what is in the way. It writes nothing.

    :raises NotOffered: if the provider does not work here any more
    """
    return _plan(appointment, rhythm, choices, common_time.of(appointment, by=by, now=now))


def within_reach(*, appointment: Appointment, rhythm: Rhythm, by: User, now: datetime) -> Rhythm:
    """Leave out the dates at the end that lie further ahead than `by` may give a time.

    :raises NotOffered: if the provider does not work here any more
    """
    horizon = common_time.of(appointment, by=by, now=now).horizon_date
    first = appointment.start_date
    return Rhythm(rhythm.every_weeks, 1 + sum(on <= horizon for on in rhythm.dates(first)))


def _plan(
    appointment: Appointment, rhythm: Rhythm, choices: Choices, found: CommonTime
) -> list[Occurrence]:
    first, zone = found.offer.block(appointment.starts_at), found.offer.plan.zone
    wall_time = first["wall_time"]
    wanted = (
        Wanted(str(on), on, wall_time, availability.at_wall(zone, on, wall_time))
        for on in rhythm.dates(first["wall_date"])
    )
    return occurrences.plan(wanted, choices, found)


def repeat(
    *, appointment: Appointment, rhythm: Rhythm, choices: Choices, by: User, now: datetime
) -> list[Appointment]:
    """
    Book what `plan` shows, and return the new visits. Each costs what this one costs.

    :raises Conflicts: if something is in the way of a date for which nothing else was chosen
    :raises NothingLeft: if every date was left out
    :raises RepeatsAlready: if it is part of a series: pressed twice, or somebody else was first
    :raises TooLate: if it has begun
    :raises InvalidTransition: if it is not booked
    :raises NotOffered: if the provider does not work here any more
    :raises SlotTaken: if two of the chosen times meet each other
    """
    with booking.overlaps_refused():
        return _repeat(appointment, rhythm, choices, by=by, now=now)


@retried
@transaction.atomic
def _repeat(
    appointment: Appointment, rhythm: Rhythm, choices: Choices, *, by: User, now: datetime
) -> list[Appointment]:
    # Two series of one patient with two providers would wait for each other's rows.
    take_turns(f"patient {appointment.patient_id}")
    indexing.lock([appointment.provider_id])
    appointment.lock()
    _check(appointment, now=now)
    found = common_time.of(appointment, by=by, now=now)
    kept = occurrences.checked(_plan(appointment, rhythm, choices, found))
    series = _create(appointment, rhythm, found, by=by, now=now)
    visits = [_book(appointment, series, one, by=by, now=now) for one in kept]
    series_notices.enqueue_booked(visits, now=now)
    indexing.renew([appointment.provider_id], now=now)
    return visits


def _check(appointment: Appointment, *, now: datetime) -> None:
    if appointment.status != Appointment.Status.BOOKED:
        raise InvalidTransition(f"{appointment.status} -> repeated")
    if appointment.starts_at <= now:
        raise TooLate
    if appointment.series_id:
        raise RepeatsAlready


def _create(
    appointment: Appointment, rhythm: Rhythm, found: CommonTime, *, by: User, now: datetime
) -> AppointmentSeries:
    first = found.offer.block(appointment.starts_at)
    assert appointment.patient is not None  # it is booked
    series = AppointmentSeries.objects.create(
        provider_id=appointment.provider_id,
        patient=appointment.patient,
        every_weeks=rhythm.every_weeks,
        count=rhythm.count,
        starts_on=first["wall_date"],
        wall_time=first["wall_time"],
        zone=first["zone"],
        created_at=now,
        created_by=by,
    )
    appointment.series = series
    appointment.save(update_fields=["series"])
    patient_id = appointment.patient_id
    audit.record("series.created", subject=series, by=by, at=now, patient_id=patient_id)
    return series


def _book(
    first: Appointment,
    series: AppointmentSeries,
    occurrence: Occurrence,
    *,
    by: User,
    now: datetime,
) -> Appointment:
    times = occurrence.times()
    block = (times["block_starts_at"], times["block_ends_at"])
    booking.make_room(first.provider, *block, "", now=now)
    visit = Appointment.objects.create(
        **times,
        provider=first.provider,
        patient=first.patient,
        series=series,
        status=Appointment.Status.BOOKED,
        booked_at=now,
        booked_by=by,
        fee_cents=first.fee_cents,
        patient_state=first.patient_state,
    )
    booking.announce(visit, by=by, now=now)
    return visit
