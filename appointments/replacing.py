"""Put a visit with another provider of the practice in the place of one that cannot take place.

Two rows and not one: the former provider's calendar, room and care keep what they had, and the
calendar entry of each has an end and a beginning of its own. Both change in one transaction.
"""

from datetime import datetime

from django.db import transaction

from accounts.codes import AgeGroup
from accounts.models import Patient, Provider, User
from accounts.patients import age
from appointments import booking, common_time, desk_booking, indexing, notices, offers
from appointments.booking import NotOffered
from appointments.models import Appointment
from appointments.moving import REFUSALS, check_may_move
from core.transactions import retried, take_turns


def suits(provider: Provider, appointment: Appointment) -> bool:
    """
    Whether she could see the patient in this visit's stead, as far as no clock and no licence says:
    visits of the same length, for people of the patient's age, and whichever insurer the former
    provider works with.
    """
    assert appointment.patient is not None  # it is booked
    years = age(appointment.patient.date_of_birth, on=appointment.start_date)
    return (
        provider.pk != appointment.provider_id
        and offers.schedule_of(provider).visit_minutes == appointment.minutes
        and set(appointment.provider.payers) <= set(provider.payers)
        and (not provider.age_groups or AgeGroup.of(years) in provider.age_groups)
    )


def replace(
    *,
    appointment: Appointment,
    provider: Provider,
    starts_at: datetime,
    version: int,
    by: User,
    now: datetime,
) -> Appointment:
    """
    Cancel the visit and book one with `provider` in its place, for the same fee. Asked twice, it is
    done once.

    The care of the new one opens as with each visit that is booked; the old one goes on.

    :param version: of the visit, as its reader saw it
    :raises Changed: if it has another version by now
    :raises TooLate: if it has begun
    :raises InvalidTransition: if it is not booked
    :raises NotOffered: if the provider does not offer that time, takes nobody new, or does not suit
    :raises NotLicensed: if she may not treat in the patient's state on that day
    :raises SlotTaken: if somebody else has that time
    :raises PatientBusy: if the patient has another visit then (a SlotTaken)
    """
    with booking.overlaps_refused():
        return _replace(appointment, provider, starts_at, version, by=by, now=now)


@retried
@transaction.atomic
def _replace(
    appointment: Appointment,
    provider: Provider,
    starts_at: datetime,
    version: int,
    *,
    by: User,
    now: datetime,
) -> Appointment:
    patient = appointment.patient
    assert patient is not None  # it is booked
    take_turns(f"patient {patient.pk}")
    theirs = indexing.lock([appointment.provider_id, provider.pk])
    appointment.lock()
    done = Appointment.objects.filter(replaces=appointment, provider=provider, starts_at=starts_at)
    if visit := done.first():
        return visit
    check_may_move(appointment, version, now=now)
    _check_suits(provider, appointment, patient)
    found = common_time.between(
        provider, patient, state=appointment.patient_state, now=now, but=[appointment]
    )
    if obstacle := found.obstacle(starts_at):
        raise REFUSALS[obstacle]
    reason = Appointment.CancelReason.PROVIDER
    booking.call_off(appointment, by=by, now=now, reason=reason)
    visit = desk_booking.enter(
        found,
        patient,
        starts_at,
        by=by,
        now=now,
        fee_cents=appointment.fee_cents,
        replaces=appointment,
    )
    notices.enqueue_cancellation(appointment, now=now)
    notices.enqueue_confirmation(visit, now=now)
    indexing.renew(theirs, now=now)
    return visit


def _check_suits(provider: Provider, appointment: Appointment, patient: Patient) -> None:
    takes = desk_booking.who_take(patient).filter(pk=provider.pk)
    if not (takes.exists() and suits(provider, appointment)):
        raise NotOffered
