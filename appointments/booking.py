"""Take a provider's time and give it back: hold, renew, confirm, cancel.

The database refuses a second visit in the same time (appointment_provider_once); what is checked
here first only spares it the work and finds the right words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts import caring
from accounts.care_team import Care, CareRelationship
from accounts.models import Patient, Provider, User
from appointments import days, indexing, notices, offers, reminders
from appointments.models import Appointment, CancellationPolicy
from appointments.offers import Offer
from appointments.signals import appointment_booked, appointment_cancelled
from core import audit
from core.transactions import retried, take_turns, violated

HOLD = timedelta(minutes=10)


class SlotTaken(Exception):
    """Somebody else has this time, or it can no longer be had."""


class PatientBusy(SlotTaken):
    """The patient has another visit that meets this time."""


class NoLongerOffered(SlotTaken):
    """The provider may no longer treat the patient then: a licence or an employment has ended."""


class NotOffered(Exception):
    """The provider does not offer this time: outside her hours, too soon, too far, not listed."""


class NotLicensed(Exception):
    """No licence of the provider covers the state on the day of the visit."""


class HoldExpired(Exception):
    """The ten minutes are over; the time may still be free."""


class TooLate(Exception):
    """The visit has begun."""


REFUSALS = {
    "appointment_provider_once": SlotTaken,
    "appointment_patient_once": PatientBusy,
}


@contextmanager
def overlaps_refused() -> Iterator[None]:
    """Say in our words which overlap the database refused. Goes around the transaction."""
    try:
        yield
    except IntegrityError as error:
        if refusal := REFUSALS.get(violated(error)):
            raise refusal from error
        raise


def hold(
    *, provider: Provider, starts_at: datetime, holder: str, state: str, now: datetime
) -> Appointment:
    """
    Keep a time for ten minutes for `holder`, who will be in `state` during the visit.

    Whoever holds another time lets go of it; whoever holds this one already keeps that hold, so
    that a second press changes nothing. The fee is the one shown now.

    :raises NotOffered: if the provider does not offer it
    :raises NotLicensed: if the provider may not treat in `state` on the day of the visit
    :raises SlotTaken: if somebody else holds or has booked it; the former hold is kept
    """
    with overlaps_refused():
        return _hold(provider=provider, starts_at=starts_at, holder=holder, state=state, now=now)


@retried
@transaction.atomic
def _hold(
    *, provider: Provider, starts_at: datetime, holder: str, state: str, now: datetime
) -> Appointment:
    take_turns(f"holder {holder}")  # two tabs of one visitor must not each hold a time
    same = Appointment.objects.held_by(holder).filter(
        provider=provider, starts_at=starts_at, patient_state=state, held_until__gt=now
    )
    if held := same.first():
        return held
    theirs = _whose_time_changes(provider, holder)
    indexing.lock(theirs)
    offer = _offer(provider, now=now, holder=holder)
    _check(offer, starts_at, state)
    until = now + HOLD
    held = enter_hold(offer, starts_at, holder=holder, state=state, until=until, now=now)
    indexing.renew(theirs, now=now, known=[offer.provider])
    return held


def enter_hold(
    offer: Offer, starts_at: datetime, *, holder: str, state: str, until: datetime, now: datetime
) -> Appointment:
    """Write a hold. The caller has locked the provider's time, and found it free."""
    times = offer.block(starts_at)
    make_room(offer.provider, times["block_starts_at"], times["block_ends_at"], holder, now=now)
    return Appointment.objects.create(
        **times,
        provider=offer.provider,
        holder=holder,
        held_until=until,
        patient_state=state,
        fee_cents=offer.provider.fee_cents,
        cancellation_policy=policy_of(offer.provider, now=now),
    )


def policy_of(provider: Provider, *, now: datetime) -> CancellationPolicy | None:
    """The rule of this day, by the provider's calendar: what is shown next stays with the visit."""
    today = now.astimezone(provider.zoneinfo).date()
    return CancellationPolicy.objects.in_force(provider.practice_id, on=today)


def _whose_time_changes(provider: Provider, holder: str) -> set[int]:
    """The provider whose time is to be held, and the one whose time the holder lets go of."""
    former = Appointment.objects.held_by(holder).values_list("provider_id", flat=True)
    return {provider.pk, *former}


def _offer(provider: Provider, *, now: datetime, holder: str) -> Offer:
    """Read the provider anew: what the caller has may be from before a licence ended."""
    listed = Provider.objects.listed().filter(pk=provider.pk)
    if found := offers.of(list(listed), now=now, holder=holder):
        return found[0]
    raise NotOffered


def _check(offer: Offer, starts_at: datetime, state: str) -> None:
    if not offer.has(starts_at):
        raise NotOffered
    if not offers.may_treat(offer.provider, state, at=starts_at):
        raise NotLicensed
    if not offer.has_free(starts_at):
        raise SlotTaken


def make_room(
    provider: Provider, start: datetime, end: datetime, holder: str, *, now: datetime
) -> None:
    """Clear away the expired holds in the way, and whatever the holder held before ("": nobody)."""
    expired = Appointment.objects.expired(now=now).filter(provider=provider).meeting(start, end)
    rows = expired | Appointment.objects.held_by(holder)
    # Lock, then delete by id: a hold renewed a moment ago no longer meets the condition.
    ids = list(rows.order_by("id").select_for_update().values_list("id", flat=True))
    Appointment.objects.filter(id__in=ids).delete()


@retried
@transaction.atomic
def renew(*, appointment: Appointment, now: datetime) -> Appointment:
    """
    Give an expired hold ten minutes more, if nobody has wanted its time since.

    A hold that still runs is left as it is: asking early gains nothing.

    :raises SlotTaken: if the time has gone to somebody else, or is no longer offered
    """
    owner = Appointment.objects.filter(pk=appointment.pk).values_list("provider_id", flat=True)
    indexing.lock(owner)
    held = _locked(appointment)
    if held is None or held.status != Appointment.Status.HELD:
        raise SlotTaken
    if held.held_until and held.held_until <= now:
        _check_again(held, now=now)
        held.held_until = now + HOLD
        held.save(update_fields=["held_until"])
        indexing.renew([held.provider_id], now=now)
    return held


def check_may_treat(held: Appointment) -> None:
    """What was true when the hold began may have ended since: a licence, an employment."""
    still_here = Provider.objects.filter(pk=held.provider_id, user__is_active=True).first()
    if still_here is None or not offers.may_treat(
        still_here, held.patient_state, at=held.starts_at
    ):
        raise NoLongerOffered


def _check_again(held: Appointment, *, now: datetime) -> None:
    try:
        offer = _offer(held.provider, now=now, holder=held.holder)
        _check(offer, held.starts_at, held.patient_state)
    except (NotOffered, NotLicensed) as refusal:
        raise SlotTaken from refusal


def _locked(appointment: Appointment) -> Appointment | None:
    """Return the row as it is now, locked; None if it was a hold that was cleared away."""
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("provider__user")
    return rows.filter(pk=appointment.pk).first()


def confirm(*, appointment: Appointment, patient: Patient, by: User, now: datetime) -> Appointment:
    """
    Make the hold a visit of `patient`. Asked twice for the same patient, it is done once.

    The notices leave, and the visit is in everybody's calendar, exactly when this is committed.
    The index of free time stays as it is: the time was taken by the hold.

    :raises HoldExpired: if the ten minutes are over, or the hold is gone; see `renew`
    :raises PatientBusy: if the patient has another visit then (a SlotTaken)
    :raises NoLongerOffered: if the provider may no longer treat there (a SlotTaken)
    """
    with overlaps_refused():
        return _confirm(appointment=appointment, patient=patient, by=by, now=now)


@retried
@transaction.atomic
def _confirm(*, appointment: Appointment, patient: Patient, by: User, now: datetime) -> Appointment:
    held = _locked(appointment)
    if held is None:
        raise HoldExpired
    if held.status == Appointment.Status.BOOKED and held.patient_id == patient.pk:
        return held
    if held.held_until is None or held.held_until <= now:
        raise HoldExpired
    check_may_treat(held)
    open_care(held.provider, patient, by=by, now=now)
    held.book(patient=patient, by=by, now=now)
    announce(held, by=by, now=now)
    notices.enqueue_confirmation(held, now=now)
    return held


def announce(appointment: Appointment, *, by: User, now: datetime) -> None:
    """Write down that it is booked, and what follows but the mail, of which several need one."""
    patient_id = appointment.patient_id
    audit.record("appointment.booked", subject=appointment, by=by, at=now, patient_id=patient_id)
    reminders.plan(appointment, now=now)
    appointment_booked.send(Appointment, appointment=appointment, now=now)
    days.publish_change(appointment)


def open_care(provider: Provider, patient: Patient, *, by: User, now: datetime) -> None:
    """Who is booked may see the chart from now on. It is the patient who lets her in, or the
    front desk as she asks.

    :raises NoLongerOffered: if the provider does not work in the patient's practice
    """
    try:
        caring.open_care(
            patient=patient,
            person=provider.user,
            role=Care.TREATING,
            reason=CareRelationship.Reason.VISIT,
            by=by,
            now=now,
        )
    except caring.NotOfOnePractice as stranger:
        raise NoLongerOffered from stranger


@transaction.atomic
def cancel(*, appointment: Appointment, by: User, now: datetime, reason: str = "") -> None:
    """
    Call the visit off; patient, provider and front desk may, until it starts. Its time is free at
    once.

    It starts at its hour, or earlier, when the provider lets the patient in.

    :param reason: one of Appointment.CancellationReason, where the front desk says why
    :raises TooLate: if the visit has begun
    :raises InvalidTransition: if it is cancelled already, or was never booked
    """
    indexing.lock([appointment.provider_id])
    call_off(appointment, by=by, now=now, reason=reason)
    notices.enqueue_cancellation(appointment, now=now)
    indexing.renew([appointment.provider_id], now=now)


def call_off(appointment: Appointment, *, by: User, now: datetime, reason: str = "") -> None:
    """The part of `cancel` that is the same for one visit and for several. Locks the visit.

    :raises TooLate: if the visit has begun
    :raises InvalidTransition: if it is cancelled already, or was never booked
    """
    appointment.lock()  # then look: the provider may be opening the door at this moment
    if appointment.starts_at <= now or appointment.begun_at:
        raise TooLate
    appointment.cancel(by=by, now=now, reason=reason)
    audit.record(
        "appointment.cancelled",
        subject=appointment,
        by=by,
        at=now,
        patient_id=appointment.patient_id,
        reason=reason,
    )
    appointment_cancelled.send(Appointment, appointment=appointment, by=by, now=now)
    days.publish_change(appointment)
