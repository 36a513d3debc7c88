"""Keep the wall times that were agreed on, when a country changes its clocks.

The rule of a zone may change after a visit was booked: its instant, computed then, is no longer the
one at which the clock shows its time. Whoever runs the site gets a new tzdata, and then asks this.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db import transaction

from appointments import availability, booking, indexing, moving, notices
from appointments.booking import SlotTaken
from appointments.models import Appointment
from appointments.times import Times
from core.transactions import retried


@dataclass
class Recomputed:
    """What became of the visits that clocks no longer show at their time."""

    moved: list[Appointment] = field(default_factory=list)
    conflicts: list[Appointment] = field(default_factory=list)  # kept: somebody must look


def recompute(*, now: datetime) -> Recomputed:
    """
    Give each visit to come the instant at which the clock shows its wall time; tell the two.

    Where another visit is in the way, the visit keeps its instant and is reported.
    """
    result = Recomputed()
    visits = Appointment.objects.still_booked(now=now).order_by("provider_id", "starts_at")
    shifted = [visit for visit in visits.select_related("provider") if not is_right(visit)]
    for _provider, group in groupby(shifted, key=lambda visit: visit.provider_id):
        _shift(list(group), result, now=now)
    again, result.conflicts = result.conflicts, []
    _shift(again, result, now=now)  # what was in the way may have made room since
    return result


def is_right(visit: Appointment) -> bool:
    zone = ZoneInfo(visit.zone)
    return availability.is_shown(zone, visit.wall_date, visit.wall_time, visit.starts_at)


def _shift(visits: list[Appointment], result: Recomputed, *, now: datetime) -> None:
    """Those that go furthest first: the next one is still where they go."""
    if visits and times_of(visits[0])["starts_at"] > visits[0].starts_at:
        visits = visits[::-1]
    for visit in visits:
        try:
            _move(visit, now=now)
        except SlotTaken:
            result.conflicts.append(visit)
        else:
            result.moved.append(visit)


def _move(visit: Appointment, *, now: datetime) -> None:
    with booking.overlaps_refused():
        _move_locked(visit, now=now)


@retried
@transaction.atomic
def _move_locked(visit: Appointment, *, now: datetime) -> None:
    indexing.lock([visit.provider_id])
    visit.lock()
    if visit.status != Appointment.Status.BOOKED or is_right(visit):
        return
    times = times_of(visit)
    if times["starts_at"] <= now:
        raise SlotTaken  # its hour is over by the new clock: nobody was told to come
    moving.enter(visit, times, by=None, now=now)
    notices.enqueue_move(visit, now=now)
    indexing.renew([visit.provider_id], now=now)


def times_of(visit: Appointment) -> Times:
    """Its times as the clocks are now; as long as before, with the same buffers."""
    starts_at = availability.at_wall(ZoneInfo(visit.zone), visit.wall_date, visit.wall_time)
    shift = starts_at - visit.starts_at
    return {
        "starts_at": starts_at,
        "ends_at": visit.ends_at + shift,
        "block_starts_at": visit.block_starts_at + shift,
        "block_ends_at": visit.block_ends_at + shift,
        "wall_date": visit.wall_date,
        "wall_time": visit.wall_time,
        "zone": visit.zone,
    }
