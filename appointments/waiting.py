"""A patient asks to be told of earlier times, and the practice says how urgent it is."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Patient, Provider, User
from appointments import desk_booking, indexing, waitlist_offering
from appointments.booking import NotOffered
from appointments.models import Appointment, InvalidTransition, WaitlistEntry, WaitlistOffer
from core import audit
from core.transactions import retried, take_turns

ROUTINE = WaitlistEntry.Priority.ROUTINE


class NotWaiting(Exception):
    """She waits no longer: it was ended, or she has her time."""


def providers_for(user: User) -> QuerySet[Provider]:
    """For whose times she may wait: of those in her practice who treat her or take somebody new."""
    patient = Patient.objects.filter(user=user, erasure=None).first()
    found: QuerySet[Provider] = (
        Provider.objects.none() if patient is None else desk_booking.who_take(patient)
    )
    return found


@retried
@transaction.atomic
def ask(
    *,
    patient: Patient,
    provider: Provider,
    appointment: Appointment | None,
    state: str,
    weekdays: Sequence[int],
    parts: Sequence[str],
    until: date,
    by: User,
    now: datetime,
) -> WaitlistEntry:
    """
    Note that the patient wants to be told of times of the provider. Who waits already keeps her
    place, with other wishes; who asks anew comes after those who wait.

    :param appointment: the visit that is to get the earlier time; None: it would be one more
    :raises NotOffered: if the provider does not take the patient
    :raises InvalidTransition: if that visit is not ahead any more, or is not of these two
    """
    take_turns(f"patient {patient.pk}")  # two tabs must not each make the row
    if not desk_booking.who_take(patient).filter(pk=provider.pk).exists():
        raise NotOffered
    if appointment is not None:
        check_ahead(appointment, patient, provider, now=now)
        state = appointment.patient_state
    entry = WaitlistEntry.objects.filter(patient=patient, provider=provider).first()
    if entry is None:
        entry = WaitlistEntry(patient=patient, provider=provider, asked_at=now, asked_by=by)
    else:
        entry.lock()
    if entry.ended_at is not None:
        entry.ended_at, entry.asked_at, entry.asked_by = None, now, by
        entry.priority, entry.priority_reason, entry.priority_by = ROUTINE, "", None
    entry.appointment, entry.patient_state, entry.until = appointment, state, until
    entry.weekdays, entry.parts = sorted(weekdays), list(parts)
    entry.save()
    audit.record("waitlist.asked", subject=entry, by=by, at=now, patient_id=patient.pk)
    return entry


def entry_of(patient: Patient, provider: Provider) -> WaitlistEntry | None:
    """Return what she waits for, if she does."""
    return WaitlistEntry.objects.filter(patient=patient, provider=provider, ended_at=None).first()


def visits_of(patient: Patient, provider: Provider, *, now: datetime) -> list[Appointment]:
    """Return those that could get an earlier time, the soonest first."""
    theirs = Appointment.objects.filter(patient=patient, provider=provider)
    return list(theirs.still_booked(now=now))


def check_ahead(
    appointment: Appointment, patient: Patient, provider: Provider, *, now: datetime
) -> None:
    """
    :raises InvalidTransition:
    """
    if appointment not in visits_of(patient, provider, now=now):
        raise InvalidTransition(f"{appointment} -> earlier")


@transaction.atomic
def prioritize(
    *, entry: WaitlistEntry, priority: str, reason: str, by: User, now: datetime
) -> WaitlistEntry:
    """
    Say how urgent it is. Her place among those who are as urgent follows from when she asked.

    :param priority: one of WaitlistEntry.Priority
    :param reason: in words, sealed; of "routine" none is kept
    :raises NotWaiting:
    """
    entry.lock()
    if entry.ended_at is not None:
        raise NotWaiting
    is_routine = priority == ROUTINE
    entry.priority = priority
    entry.priority_reason, entry.priority_by = ("", None) if is_routine else (reason, by)
    entry.save(update_fields=["priority", "priority_reason", "priority_by"])
    patient_id = entry.patient_id
    audit.record(
        "waitlist.prioritized", subject=entry, by=by, at=now, patient_id=patient_id, reason=priority
    )
    return entry


@retried
@transaction.atomic
def end(*, entry: WaitlistEntry, by: User, now: datetime) -> None:
    """Let her wait no longer. What is on offer to her goes to the next. Asked twice, it is done
    once."""
    indexing.lock([entry.provider_id])
    entry.lock()
    if entry.ended_at is not None:
        return
    entry.ended_at = max(now, entry.asked_at)  # a request that waited for the lock has an old clock
    entry.save(update_fields=["ended_at"])
    audit.record("waitlist.ended", subject=entry, by=by, at=now, patient_id=entry.patient_id)
    for offer in entry.offers.still_open():
        waitlist_offering.take_back(offer, WaitlistOffer.Status.WITHDRAWN, by=by, now=now)
    indexing.renew([entry.provider_id], now=now)
