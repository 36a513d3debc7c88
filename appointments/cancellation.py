"""What calling a visit off costs, under the policy that patients sign (`care/documents`)."""

from datetime import datetime, timedelta

from appointments.models import Appointment

FREE_TO_CANCEL = timedelta(hours=24)


def free_until(appointment: Appointment) -> datetime:
    """Return the first moment at which the policy lets the practice charge for it."""
    return appointment.starts_at - FREE_TO_CANCEL


def is_free(appointment: Appointment, *, now: datetime) -> bool:
    return now < free_until(appointment)


def is_late(appointment: Appointment) -> bool:
    """Whether the patient, or who keeps her account, called it off when it was free no more."""
    if appointment.cancelled_at is None or appointment.patient is None:
        return False
    is_hers = appointment.cancelled_by_id == appointment.patient.user_id
    return is_hers and not is_free(appointment, now=appointment.cancelled_at)
