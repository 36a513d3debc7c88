"""Move or call off several visits of a series at once: this one and those after it, or all.

Each stays a visit of its own, with its own page, fee and entry in a calendar; what is over, has
begun, or was called off stays as it is. One transaction, one mail.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments import (
    availability,
    booking,
    common_time,
    indexing,
    moving,
    occurrences,
    series_notices,
)
from appointments.models import Appointment
from appointments.occurrences import Choices, Occurrence, Wanted
from core.transactions import retried, take_turns


class Scope(models.TextChoices):
    """Which visits of a series are meant."""

    THIS = "this", _("This visit only")
    FOLLOWING = "following", _("This visit and all after it")
    ALL = "all", _("All visits of the series that are still to come")


def within(appointment: Appointment, scope: str, *, now: datetime) -> list[Appointment]:
    """Return the visits that are meant and can be changed, the soonest first."""
    meant = Appointment.objects.filter(pk=appointment.pk)
    if appointment.series_id and scope != Scope.THIS:
        meant = Appointment.objects.filter(series=appointment.series_id)
    if scope == Scope.FOLLOWING:
        meant = meant.filter(starts_at__gte=appointment.starts_at)
    people = meant.still_booked(now=now).select_related("provider__user", "patient__user")
    return list(people.prefetch_related("moves"))


@retried
@transaction.atomic
def cancel(
    *, appointment: Appointment, scope: str, by: User, now: datetime, reason: str = ""
) -> list[Appointment]:
    """
    Call off those of the series that are meant; return them. One mail tells of all.

    :param reason: as in `booking.cancel`
    :raises TooLate: if this one has begun
    :raises InvalidTransition: if this one is cancelled already
    """
    indexing.lock([appointment.provider_id])
    appointment.lock()
    visits = [appointment, *_others(appointment, scope, now=now)]
    for visit in visits:
        booking.call_off(visit, by=by, now=now, reason=reason)
    series_notices.enqueue_cancelled(visits, now=now)
    indexing.renew([appointment.provider_id], now=now)
    return visits


def _others(appointment: Appointment, scope: str, *, now: datetime) -> list[Appointment]:
    return [visit for visit in within(appointment, scope, now=now) if visit != appointment]


def plan(
    *,
    appointment: Appointment,
    starts_at: datetime,
    scope: str,
    choices: Choices,
    by: User,
    now: datetime,
) -> list[Occurrence]:
    """
    Say what moving this visit to `starts_at`, and the others likewise, would do.

    The others go to the same wall time, and as many days on or back as this one.

    :raises NotOffered: if the provider does not work here any more
    """
    visits = within(appointment, scope, now=now)
    going = [visit for visit in visits if choices.get(str(visit.pk), starts_at)]
    found = common_time.of(appointment, by=by, now=now, but=going)
    wanted = list(_wanted(appointment, visits, starts_at))
    return occurrences.plan(wanted, choices, found)


def _wanted(
    appointment: Appointment, visits: list[Appointment], starts_at: datetime
) -> Iterator[Wanted]:
    zone = appointment.provider.zoneinfo
    shown = starts_at.astimezone(zone)
    shift = shown.date() - appointment.wall_date
    for visit in visits:
        on = visit.wall_date + shift
        is_this = visit.pk == appointment.pk
        start = starts_at if is_this else availability.at_wall(zone, on, shown.time())
        yield Wanted(str(visit.pk), on, shown.time(), start, visit)


def move(
    *,
    appointment: Appointment,
    starts_at: datetime,
    version: int,
    scope: str,
    choices: Choices,
    by: User,
    now: datetime,
) -> list[Appointment]:
    """
    Move this visit to `starts_at` and the others likewise, as `plan` shows; return those moved.

    :param version: of this visit, as its reader saw it
    :raises Changed: if it has another version by now
    :raises TooLate: if it has begun
    :raises InvalidTransition: if it is not booked
    :raises Conflicts: if something is in the way of one for which nothing else was chosen
    :raises NothingLeft: if each was left as it is
    :raises NotOffered: if the provider does not work here any more
    :raises SlotTaken: if two of the chosen times meet each other
    """
    with booking.overlaps_refused():
        return _move(appointment, starts_at, version, scope, choices, by=by, now=now)


@retried
@transaction.atomic
def _move(
    appointment: Appointment,
    starts_at: datetime,
    version: int,
    scope: str,
    choices: Choices,
    *,
    by: User,
    now: datetime,
) -> list[Appointment]:
    take_turns(f"patient {appointment.patient_id}")
    indexing.lock([appointment.provider_id])
    appointment.lock()
    if moving.is_done(appointment, starts_at) and appointment.version != version:
        return [appointment]
    moving.check_may_move(appointment, version, now=now)
    planned = plan(
        appointment=appointment,
        starts_at=starts_at,
        scope=scope,
        choices=choices,
        by=by,
        now=now,
    )
    kept = [one for one in occurrences.checked(planned) if _changes(one)]
    if not kept:
        raise occurrences.NothingLeft
    moved = _enter(kept, by=by, now=now)
    series_notices.enqueue_moved(moved, now=now)
    indexing.renew([appointment.provider_id], now=now)
    return moved


def _changes(occurrence: Occurrence) -> bool:
    assert occurrence.wanted.visit is not None  # of a move
    return occurrence.starts_at != occurrence.wanted.visit.starts_at


def _enter(kept: list[Occurrence], *, by: User, now: datetime) -> list[Appointment]:
    """Those that go furthest first, so that none meets the one that is still to make room."""
    moved = []
    for one in _in_order(kept):
        visit = one.wanted.visit
        assert visit is not None  # of a move
        visit.lock()
        moving.enter(visit, one.times(), by=by, now=now)
        moved.append(visit)
    return sorted(moved, key=lambda visit: visit.starts_at)


def _in_order(kept: list[Occurrence]) -> list[Occurrence]:
    """From the last to the first where they go on; from the first on where they go back."""
    visit, starts_at = kept[0].wanted.visit, kept[0].starts_at
    assert visit is not None  # of a move
    assert starts_at is not None  # kept
    return kept[::-1] if starts_at > visit.starts_at else kept
