"""What it costs to call a visit off or to move it, under the policy that patients sign
(`care/documents`)."""

from datetime import datetime, timedelta

from appointments.models import Appointment, AppointmentMove

FREE_TO_CANCEL = timedelta(hours=24)


def free_until(appointment: Appointment) -> datetime:
    """Return the first moment at which the policy lets the practice charge for it.

    Where the practice has moved the visit, or booked it in the place of another, the patient never
    chose its time: she is free until it begins.
    """
    moves = list(appointment.moves.all())
    is_chosen = is_moved_by_patient(moves[-1]) if moves else appointment.replaces_id is None
    return appointment.starts_at - FREE_TO_CANCEL if is_chosen else appointment.starts_at


def is_near(starts_at: datetime, *, now: datetime) -> bool:
    """Whether a patient who takes this time now could not call it off without a fee."""
    return now >= starts_at - FREE_TO_CANCEL


def is_free(appointment: Appointment, *, now: datetime) -> bool:
    return now < free_until(appointment)


def is_by_patient(appointment: Appointment) -> bool:
    """Whether the patient, or who keeps her account, called it off."""
    patient = appointment.patient
    return patient is not None and appointment.cancelled_by_id == patient.user_id


def is_for_patient(appointment: Appointment) -> bool:
    """Whether she called it off, or had the front desk do it: that is free at any time."""
    asked = appointment.cancel_reason == Appointment.CancelReason.PATIENT
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
    free_until = move.from_starts_at - FREE_TO_CANCEL
    return is_moved_by_patient(move) and move.moved_at >= free_until
