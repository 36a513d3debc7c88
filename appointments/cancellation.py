"""What calling a visit off costs, under the policy that patients sign (`care/documents`)."""

from datetime import datetime, timedelta

from appointments.models import Appointment

FREE_TO_CANCEL = timedelta(hours=24)


def free_until(appointment: Appointment) -> datetime:
    """Return the first moment at which the policy lets the practice charge for it."""
    return appointment.starts_at - FREE_TO_CANCEL


def is_free(appointment: Appointment, *, now: datetime) -> bool:
    return now < free_until(appointment)


def is_by_patient(appointment: Appointment) -> bool:
    """Whether the patient, or who keeps her account, called it off."""
    patient = appointment.patient
    return patient is not None and appointment.cancelled_by_id == patient.user_id


def is_late(appointment: Appointment) -> bool:
    """Whether it was the patient who called it off, when that was free no more."""
    at = appointment.cancelled_at
    return at is not None and is_by_patient(appointment) and not is_free(appointment, now=at)
