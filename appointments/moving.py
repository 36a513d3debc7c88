"""Give a booked visit another time of the same provider, in one step.

It stays the same visit: its page, its fee, its entry in a calendar. There is no moment without a
time, and none with two; if the new one cannot be had, the old one is kept.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from accounts.models import Provider, User
from appointments import booking, days, indexing, notices, offers
from appointments.booking import NotLicensed, NotOffered, SlotTaken, TooLate
from appointments.models import Appointment
from appointments.offers import Offer
from appointments.signals import appointment_moved
from core import audit
from core.transactions import retried


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
    if appointment.starts_at == starts_at and appointment.status == Appointment.Status.BOOKED:
        return appointment
    check_may_move(appointment, version, now=now)
    offer = offer_for(appointment, now=now)
    check(offer, appointment, starts_at)
    enter(offer, appointment, starts_at, by=by, now=now)
    notices.enqueue_move(appointment, now=now)
    indexing.renew([appointment.provider_id], now=now)
    return appointment


def check_may_move(appointment: Appointment, version: int, *, now: datetime) -> None:
    if appointment.starts_at <= now or appointment.begun_at:
        raise TooLate
    if appointment.version != version and appointment.status == Appointment.Status.BOOKED:
        raise Changed


def offer_for(appointment: Appointment, *, now: datetime) -> Offer:
    """What the provider offers if this visit were not booked. Whether she takes anybody new is
    nothing to whoever has a visit with her."""
    working = Provider.objects.filter(pk=appointment.provider_id, user__is_active=True)
    if found := offers.of(list(working), now=now):
        return found[0].without([appointment])
    raise NotOffered


def check(offer: Offer, appointment: Appointment, starts_at: datetime) -> None:
    if not offer.has(starts_at):
        raise NotOffered
    if not offers.may_treat(offer.provider, appointment.patient_state, at=starts_at):
        raise NotLicensed
    if not offer.has_free(starts_at):
        raise SlotTaken


def enter(
    offer: Offer, appointment: Appointment, starts_at: datetime, *, by: User, now: datetime
) -> None:
    """Write the move, its row on the trail, and what follows from it for the room."""
    times = offer.block(starts_at)
    booking.make_room(offer.provider, times["block_starts_at"], times["block_ends_at"], "", now=now)
    appointment.move(times, by=by, now=now)
    patient_id = appointment.patient_id
    audit.record("appointment.moved", subject=appointment, by=by, at=now, patient_id=patient_id)
    appointment_moved.send(Appointment, appointment=appointment, now=now)
    days.publish_change(appointment)


def starts(
    appointment: Appointment, *, since: datetime, until: datetime, now: datetime
) -> list[datetime]:
    """Return the times from `since` to `until` to which it can be moved, but the one it has."""
    try:
        offer = offer_for(appointment, now=now)
    except NotOffered:
        return []
    free = offer.starts(state=appointment.patient_state, since=since, until=until)
    return [at for at in not_busy(appointment, free, offer) if at != appointment.starts_at]


def not_busy(
    appointment: Appointment, starts: Iterator[datetime], offer: Offer
) -> Iterator[datetime]:
    """Leave out the times at which the patient has another visit."""
    hers = Appointment.objects.filter(
        patient=appointment.patient_id, status__in=Appointment.TAKES_TIME
    ).exclude(pk=appointment.pk)
    busy = list(hers.filter(ends_at__gt=offer.now).values_list("starts_at", "ends_at"))
    for start in starts:
        end = offer.block(start)["ends_at"]
        if not any(begins < end and start < ends for begins, ends in busy):
            yield start


def nearest(
    appointment: Appointment, wanted: datetime, *, count: int, now: datetime
) -> list[datetime]:
    """Return the times that are nearest to the one that could not be had, by the clock."""
    try:
        horizon = offer_for(appointment, now=now).horizon
    except NotOffered:
        return []
    free = starts(appointment, since=now, until=horizon, now=now)
    return sorted(sorted(free, key=lambda at: (abs(at - wanted), at))[:count])
