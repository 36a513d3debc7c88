"""A visit that did not take place: nobody came to it, or it could not be held.

Recorded by its provider or by the front desk, once its hour has come. The patient owes nothing by
that alone: what follows from it for money is for a floor above.
"""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments import booking, days, indexing, notices, putting
from appointments.models import Appointment, InvalidTransition
from appointments.signals import appointment_cancelled, appointment_missed
from core import audit
from core.transactions import retried

# What the policy that patients sign gives them to be late (`care/documents`).
LATE_AT_MOST = timedelta(minutes=15)
TAKEN_BACK_WITHIN = timedelta(days=1)


class TakenBack(models.TextChoices):
    """Why it is taken back that nobody came."""

    CAME = "came", _("The patient came after all")
    FAILED = "failed", _("The technology failed")
    MISTAKE = "mistake", _("It was noted by mistake")


class TooSoon(Exception):
    """The patient may still come."""


@retried
@transaction.atomic
def record_noshow(*, appointment: Appointment, by: User, now: datetime) -> None:
    """
    Nobody came. The rest of its time is free. Recorded twice, it is done once.

    :raises TooSoon: within a quarter of an hour of the start
    :raises InvalidTransition: if she has arrived, or it was cancelled
    """
    _lock(appointment)
    if appointment.status == Appointment.Status.NOSHOW:
        return
    if now < may_be_missed_from(appointment):
        raise TooSoon
    appointment.miss(by=by, now=now)
    patient_id = appointment.patient_id
    audit.record("appointment.missed", subject=appointment, by=by, at=now, patient_id=patient_id)
    appointment_missed.send(Appointment, appointment=appointment, by=by, now=now)
    _tell(appointment, now=now)


@retried
@transaction.atomic
def record_failure(*, appointment: Appointment, by: User, now: datetime) -> None:
    """
    It could not be held, and it is not the patient's fault: the technology failed, or whoever had
    arrived could not be seen. The patient is told that it costs nothing. Recorded twice, it is
    done once.

    :raises TooSoon: before its hour: then it is cancelled (`booking.cancel`)
    :raises InvalidTransition: if it has begun, was cancelled, or is recorded as missed
    """
    _lock(appointment)
    if appointment.cancellation_reason == Appointment.CancellationReason.FAILED:
        return
    if now < appointment.starts_at:
        raise TooSoon
    if has_become_of(appointment):
        raise InvalidTransition(f"{appointment.status} -> failed")
    appointment.cancel(by=by, now=now, reason=Appointment.CancellationReason.FAILED)
    patient_id = appointment.patient_id
    audit.record("appointment.failed", subject=appointment, by=by, at=now, patient_id=patient_id)
    appointment_cancelled.send(Appointment, appointment=appointment, by=by, now=now)
    notices.enqueue_cancellation(appointment, now=now)
    _tell(appointment, now=now)


@transaction.atomic
def take_back_noshow(*, appointment: Appointment, reason: str, by: User, now: datetime) -> None:
    """
    It was not missed after all. Whether a fee was charged, a floor above asks (`billing.fees`).

    :param reason: one of `TakenBack`
    :raises TooLate: after a day
    :raises InvalidTransition: if it is not recorded as missed
    """
    _lock(appointment)
    if appointment.noshow_at is None:
        raise InvalidTransition(f"{appointment.status} -> not missed")
    if now >= appointment.noshow_at + TAKEN_BACK_WITHIN:
        raise booking.TooLate
    appointment.take_back_noshow()
    audit.record(
        "appointment.missed-taken-back",
        subject=appointment,
        by=by,
        at=now,
        patient_id=appointment.patient_id,
        reason=reason,
    )
    _tell(appointment, now=now)


def may_be_taken_back(appointment: Appointment, *, now: datetime) -> bool:
    at = appointment.noshow_at
    return at is not None and now < at + TAKEN_BACK_WITHIN


def may_be_missed_from(appointment: Appointment) -> datetime:
    """Return the first moment at which it can be said that nobody came."""
    return appointment.starts_at + LATE_AT_MOST


def may_be_missed(appointment: Appointment, *, now: datetime) -> bool:
    is_booked = appointment.status == Appointment.Status.BOOKED
    return is_booked and may_be_missed_from(appointment) <= now


def may_fail(appointment: Appointment, *, now: datetime) -> bool:
    return appointment.starts_at <= now and not has_become_of(appointment)


def has_become_of(appointment: Appointment) -> bool:
    """Whether it has begun, or something is written down of it."""
    is_open = appointment.status in (Appointment.Status.BOOKED, Appointment.Status.ARRIVED)
    has_begun = appointment.begun_at is not None or hasattr(appointment, "attendance")
    return has_begun or not is_open


def _lock(appointment: Appointment) -> None:
    indexing.lock([appointment.provider_id])
    appointment.lock()  # then look: she may be arriving at this moment


def _tell(appointment: Appointment, *, now: datetime) -> None:
    """Its time is free, or taken again, here and in calendars elsewhere; and whoever looks at the
    day sees it."""
    indexing.renew([appointment.provider_id], now=now)
    putting.plan(appointment, now=now)
    days.publish_change(appointment)
