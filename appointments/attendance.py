"""What happens on the day: somebody arrives, two people meet, the visit is complete.

The room and the note are floors above; they tell what happened through these functions.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from appointments import days
from appointments.models import Appointment, Attendance, InvalidTransition
from appointments.signals import appointment_fulfilled
from core import audit


@transaction.atomic
def record_arrival(*, appointment: Appointment, now: datetime) -> None:
    """
    The patient is at the door. Coming back to it later changes nothing.

    :raises InvalidTransition: if the visit was cancelled or missed, or never booked
    """
    appointment.lock()
    if appointment.status in (Appointment.Status.ARRIVED, Appointment.Status.FULFILLED):
        return
    appointment.arrive(now=now)
    patient = appointment.patient
    assert patient is not None  # appointment_held_or_has_patient
    audit.record(
        "appointment.arrived", subject=appointment, by=patient.user, at=now, patient_id=patient.pk
    )
    days.publish_change(appointment)


@transaction.atomic
def record_beginning(*, appointment: Appointment, now: datetime) -> None:
    """
    The provider lets the patient in. From here on the visit is not called off any more.

    :raises InvalidTransition: unless the patient has arrived and the visit is not written up
    """
    appointment.lock()
    if appointment.status != Appointment.Status.ARRIVED:
        raise InvalidTransition(f"{appointment.status} -> begun")
    appointment.begun_at = now
    appointment.save(update_fields=["begun_at"])


@transaction.atomic
def take_back_beginning(*, appointment: Appointment) -> None:
    """The two never met after all: the visit may be called off, or written up, as if not begun."""
    appointment.lock()
    appointment.begun_at = None
    appointment.save(update_fields=["begun_at"])


def is_going_on(appointment: Appointment) -> bool:
    """Whether the visit has begun, and nothing says yet how it ended."""
    appointment.lock()  # then look: the room may be ending at this moment
    has_ended = Attendance.objects.filter(appointment=appointment).exists()
    return appointment.begun_at is not None and not has_ended


def record_attendance(
    *,
    appointment: Appointment,
    started_at: datetime,
    ended_at: datetime,
    modality: str,
    patient_state: str,
    is_at_home: bool,
    apart_seconds: int = 0,
) -> Attendance:
    """
    Write down what happened in the visit, once. Told again, the first account stands.

    :param started_at: when both were there; the charge counts minutes from it
    :param apart_seconds: of that time, how long the connection was broken
    :param modality: an `Attendance.Modality`
    :param patient_state: where the patient said she was, at the door
    """
    facts = {
        "started_at": started_at,
        "ended_at": ended_at,
        "modality": modality,
        "patient_state": patient_state,
        "is_at_home": is_at_home,
        "apart_seconds": apart_seconds,
    }
    attendance, _ = Attendance.objects.get_or_create(appointment=appointment, defaults=facts)
    return attendance


@transaction.atomic
def complete(*, appointment: Appointment, by: User, now: datetime) -> None:
    """
    The visit is over and written up. What follows from it, such as a charge, follows here.

    :raises InvalidTransition: unless somebody has arrived, and if it is complete already
    """
    appointment.fulfil()
    patient_id = appointment.patient_id
    audit.record("appointment.fulfilled", subject=appointment, by=by, at=now, patient_id=patient_id)
    appointment_fulfilled.send(Appointment, appointment=appointment, by=by, now=now)
    days.publish_change(appointment)
