"""Answering a reminder with one press, and what the front desk does about it."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from appointments import days
from appointments.models import Appointment
from appointments.responses import AppointmentResponse
from core import audit

ACCEPTED, HELP = AppointmentResponse.Kind.ACCEPTED, AppointmentResponse.Kind.HELP
AHEAD = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED)


class NotAhead(Exception):
    """The visit is over, was called off, or was missed."""


class Settled(Exception):
    """Somebody has helped already."""


def accept(*, appointment: Appointment, by: User, now: datetime) -> AppointmentResponse:
    """Note that the patient will be there. Said twice, it is noted once.

    :raises NotAhead:
    """
    return _respond(appointment, ACCEPTED, "appointment.accepted", by=by, now=now)


def ask_for_help(*, appointment: Appointment, by: User, now: datetime) -> AppointmentResponse:
    """Let the front desk see that she does not get in. Asked twice, it is one call, until somebody
    has settled it.

    :raises NotAhead:
    """
    return _respond(appointment, HELP, "appointment.help-asked", by=by, now=now)


@transaction.atomic
def _respond(
    appointment: Appointment, kind: str, action: str, *, by: User, now: datetime
) -> AppointmentResponse:
    appointment.lock()  # of two presses at once, one sees the other's
    if appointment.status not in AHEAD or appointment.ends_at <= now:
        raise NotAhead
    said = AppointmentResponse.objects.filter(
        appointment=appointment, version=appointment.version, kind=kind, settled_at=None
    ).first()
    if said:
        return said
    response = AppointmentResponse.objects.create(
        appointment=appointment, version=appointment.version, kind=kind, responded_at=now
    )
    patient_id = appointment.patient_id
    audit.record(action, subject=response, by=by, at=now, patient_id=patient_id)
    days.publish_change(appointment)
    return response


@transaction.atomic
def settle(*, response: AppointmentResponse, by: User, now: datetime) -> None:
    """Note that the patient was helped.

    :raises Settled:
    """
    locked = AppointmentResponse.objects.select_for_update(of=("self",)).get(pk=response.pk)
    if locked.settled_at is not None:
        raise Settled
    locked.settled_at, locked.settled_by = now, by
    locked.save(update_fields=["settled_at", "settled_by"])
    appointment = locked.appointment
    patient_id = appointment.patient_id
    audit.record("appointment.helped", subject=locked, by=by, at=now, patient_id=patient_id)
    days.publish_change(appointment)
