"""A patient takes a time that is offered to her, or leaves it to the next."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from appointments import booking, indexing, moving, waitlist_offering
from appointments.booking import HoldExpired
from appointments.models import Appointment, WaitlistOffer
from appointments.moving import Changed
from appointments.waitlist import AlreadyClosed
from core.transactions import retried, take_turns

ACCEPTED, DECLINED = WaitlistOffer.Status.ACCEPTED, WaitlistOffer.Status.DECLINED


def accept(
    *,
    offer: WaitlistOffer,
    appointment: Appointment | None,
    version: int,
    by: User,
    now: datetime,
) -> Appointment:
    """
    Give the visit she has the time that is offered, or book it as one more. Asked twice, it is done
    once.

    :param appointment: what the page said would get the time; None: it would be one more
    :param version: of that visit, as its reader saw it
    :raises AlreadyClosed: if it has run out, or was declined or taken back
    :raises Changed: if accepting would do something else by now than the page said
    :raises booking.TooLate, InvalidTransition, NotOffered, NotLicensed, SlotTaken: as `moving.move`
        and `booking.confirm`; the offer stands
    """
    with booking.overlaps_refused():
        return _accept(offer, appointment, version, by=by, now=now)


@retried
@transaction.atomic
def _accept(
    offer: WaitlistOffer,
    appointment: Appointment | None,
    version: int,
    *,
    by: User,
    now: datetime,
) -> Appointment:
    entry = offer.entry
    take_turns(f"patient {entry.patient_id}")
    indexing.lock([entry.provider_id])
    offer.lock()
    if offer.status == ACCEPTED and offer.appointment is not None:
        return offer.appointment
    entry.lock()
    if not offer.is_open(now=now) or entry.ended_at is not None:
        raise AlreadyClosed
    if (appointment and appointment.pk) != entry.appointment_id:
        raise Changed
    visit = _take(offer, appointment, version, by=by, now=now)
    offer.close(ACCEPTED, now=now, appointment=visit)
    waitlist_offering.record(offer, by=by, now=now)
    entry.ended_at = max(now, entry.asked_at)
    entry.save(update_fields=["ended_at"])
    return visit


def _take(
    offer: WaitlistOffer,
    appointment: Appointment | None,
    version: int,
    *,
    by: User,
    now: datetime,
) -> Appointment:
    held = Appointment.objects.held_by(offer.holder).first()
    if held is None:
        raise AlreadyClosed  # the practice has let go of it: the provider will not be there
    if appointment is None:
        try:
            return booking.confirm(appointment=held, patient=offer.entry.patient, by=by, now=now)
        except HoldExpired as refusal:
            raise AlreadyClosed from refusal
    held.delete()
    return moving.move(
        appointment=appointment, starts_at=offer.starts_at, version=version, by=by, now=now
    )


@retried
@transaction.atomic
def decline(*, offer: WaitlistOffer, by: User, now: datetime) -> None:
    """
    Leave it to the next. She waits on, for another time. Asked twice, it is done once.

    :raises AlreadyClosed: if it has run out, or was accepted
    """
    indexing.lock([offer.entry.provider_id])
    offer.lock()
    if offer.status == DECLINED:
        return
    if not offer.is_open(now=now):
        raise AlreadyClosed
    waitlist_offering.take_back(offer, DECLINED, by=by, now=now)
    indexing.renew([offer.entry.provider_id], now=now)
