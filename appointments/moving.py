"""Give a booked visit another time of the same provider, in one step.

It stays the same visit: its page, its fee, its entry in a calendar. There is no moment without a
time, and none with two; if the new one cannot be had, the old one is kept.
"""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from appointments import booking, common_time, days, indexing, notices, reminders
from appointments.booking import NotLicensed, NotOffered, PatientBusy, SlotTaken, TooLate
from appointments.common_time import Obstacle
from appointments.models import Appointment, InvalidTransition
from appointments.signals import appointment_moved
from appointments.times import Times
from core import audit
from core.transactions import retried

NEAR = timedelta(days=14)
REFUSALS: dict[str, type[Exception]] = {
    Obstacle.TOO_FAR: NotOffered,
    Obstacle.CLOSED: NotOffered,
    Obstacle.NOT_LICENSED: NotLicensed,
    Obstacle.TAKEN: SlotTaken,
    Obstacle.PATIENT_BUSY: PatientBusy,
}


class Changed(Exception):
    """The visit is not as its reader saw it: somebody else has moved it."""


def move(
    *, appointment: Appointment, starts_at: datetime, version: int, by: User, now: datetime
) -> Appointment:
    """
    Move the visit to `starts_at`. Asked twice for the same time, it is done once.

    :param version: of the visit that its reader saw; of two who move it at once, one is told
    :raises Changed: if it has another version by now
    :raises TooLate: if it has begun
    :raises InvalidTransition: if it is not booked: cancelled, or the patient waits for it
    :raises NotOffered: if the provider does not offer that time
    :raises NotLicensed: if she may not treat in the patient's state on that day
    :raises SlotTaken: if somebody else has that time
    :raises PatientBusy: if the patient has another visit then (a SlotTaken)
    """
    with booking.overlaps_refused():
        return _move(appointment, starts_at, version, by=by, now=now)


@retried
@transaction.atomic
def _move(
    appointment: Appointment, starts_at: datetime, version: int, *, by: User, now: datetime
) -> Appointment:
    indexing.lock([appointment.provider_id])
    appointment.lock()
    if is_done(appointment, starts_at):
        return appointment
    check_may_move(appointment, version, now=now)
    found = common_time.of(appointment, by=by, now=now, but=[appointment])
    if obstacle := found.obstacle(starts_at):
        raise REFUSALS[obstacle]
    enter(appointment, found.offer.block(starts_at), by=by, now=now)
    notices.enqueue_move(appointment, now=now)
    indexing.renew([appointment.provider_id], now=now)
    return appointment


def is_done(appointment: Appointment, starts_at: datetime) -> bool:
    """Whether it has that time already: pressed twice, or chosen by the other one as well."""
    return appointment.starts_at == starts_at and appointment.status == Appointment.Status.BOOKED


def check_may_move(appointment: Appointment, version: int, *, now: datetime) -> None:
    if appointment.starts_at <= now or appointment.begun_at:
        raise TooLate
    if appointment.status != Appointment.Status.BOOKED:
        raise InvalidTransition(f"{appointment.status} -> moved")
    if appointment.version != version:
        raise Changed


def enter(appointment: Appointment, times: Times, *, by: User | None, now: datetime) -> None:
    """Write the move, its row on the trail, and what follows from it for the room."""
    provider, block = appointment.provider, (times["block_starts_at"], times["block_ends_at"])
    booking.make_room(provider, *block, "", now=now)
    appointment.move(times, by=by, now=now)
    patient_id = appointment.patient_id
    audit.record("appointment.moved", subject=appointment, by=by, at=now, patient_id=patient_id)
    reminders.plan(appointment, now=now)
    appointment_moved.send(Appointment, appointment=appointment, now=now)
    days.publish_change(appointment)


def starts(
    appointment: Appointment, *, since: datetime, until: datetime, by: User, now: datetime
) -> list[datetime]:
    """Return the times from `since` to `until` to which `by` can move it, but the one it has."""
    try:
        found = common_time.of(appointment, by=by, now=now, but=[appointment])
    except NotOffered:
        return []
    free = found.starts(since=since, until=until)
    return [at for at in free if at != appointment.starts_at]


def nearest(
    appointment: Appointment, wanted: datetime, *, count: int, by: User, now: datetime
) -> list[datetime]:
    """Return the times that are nearest to the one that could not be had, by the clock."""
    around = {"since": wanted - NEAR, "until": wanted + NEAR}
    free = starts(appointment, **around, by=by, now=now)
    return sorted(sorted(free, key=lambda at: (abs(at - wanted), at))[:count])
