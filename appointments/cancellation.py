"""What it costs to call a visit off, to move it or to miss it, under the rule that it was booked
with. That there is such a rule, patients sign (`care/documents`)."""

from datetime import datetime, timedelta

from accounts import coverage
from appointments.models import Appointment, AppointmentMove

NEVER = timedelta()


def late_fee_cents(appointment: Appointment) -> int:
    """What calling it off late may cost."""
    rule = appointment.cancellation_policy
    return _at_most(rule.late_fee_cents, appointment) if rule else 0


def noshow_fee_cents(appointment: Appointment) -> int:
    """What missing it may cost."""
    rule = appointment.cancellation_policy
    return _at_most(rule.noshow_fee_cents, appointment) if rule else 0


def _at_most(cents: int, appointment: Appointment) -> int:
    """Never more than the visit would have cost, and nothing where her payer forbids it."""
    return 0 if forbidding(appointment) else min(cents, appointment.fee_cents)


def forbidding(appointment: Appointment) -> coverage.Rule | None:
    """Return the rule by which a payer forbids a fee for this visit, if there is one."""
    if appointment.patient is None:
        return None
    return coverage.forbidding(appointment.patient, on=appointment.start_date)


def window(appointment: Appointment) -> timedelta:
    """How long before its start the visit is no longer free to call off; zero: it always is."""
    rule = appointment.cancellation_policy
    return rule.window if rule and late_fee_cents(appointment) else NEVER


def free_hours(appointment: Appointment) -> int:
    """The same in hours, as people say it."""
    return int(window(appointment).total_seconds() // 3600)


def free_until(appointment: Appointment) -> datetime:
    """Return the first moment at which the rule lets the practice charge for it.

    Where the practice has moved the visit, or booked it in the place of another, the patient never
    chose its time: she is free until it begins.
    """
    return _free_until(appointment, appointment.starts_at, list(appointment.moves.all()))


def _free_until(
    appointment: Appointment, starts_at: datetime, moves: list[AppointmentMove]
) -> datetime:
    """:param moves: by which the visit came to that time"""
    is_chosen = is_moved_by_patient(moves[-1]) if moves else appointment.replaces_id is None
    return starts_at - window(appointment) if is_chosen else starts_at


def is_near(appointment: Appointment, starts_at: datetime, *, now: datetime) -> bool:
    """Whether a patient who moves the visit to this time now could not call it off for free."""
    return now >= starts_at - window(appointment)


def is_free(appointment: Appointment, *, now: datetime) -> bool:
    return now < free_until(appointment)


def is_by_patient(appointment: Appointment) -> bool:
    """Whether the patient, or who keeps her account, called it off."""
    patient = appointment.patient
    return patient is not None and appointment.cancelled_by_id == patient.user_id


def is_for_patient(appointment: Appointment) -> bool:
    """Whether she called it off, or had the front desk do it: that is free at any time."""
    asked = appointment.cancellation_reason == Appointment.CancellationReason.PATIENT
    return asked or is_by_patient(appointment)


def is_late(appointment: Appointment) -> bool:
    """Whether it was the patient who called it off, when that was free no more."""
    at = appointment.cancelled_at
    return at is not None and is_by_patient(appointment) and not is_free(appointment, now=at)


def is_moved_by_patient(move: AppointmentMove) -> bool:
    patient = move.appointment.patient
    return patient is not None and move.moved_by_id == patient.user_id


def is_moved_late(move: AppointmentMove) -> bool:
    """Whether the patient gave up a time when calling it off was free no more: that is the same.

    The time she moved it to does not undo it, nor does calling that one off.
    """
    if not is_moved_by_patient(move):
        return False
    visit = move.appointment
    before = [one for one in visit.moves.all() if one.version < move.version]
    return move.moved_at >= _free_until(visit, move.from_starts_at, before)
