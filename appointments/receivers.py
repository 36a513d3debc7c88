"""What appointments do when something has happened below, or to one of them."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import Patient, Provider, User
from accounts.signals import contact_changed, licences_changed, patient_erased
from appointments import erased, indexing, putting, reminders
from appointments.models import Appointment
from appointments.signals import appointment_booked, appointment_cancelled, appointment_moved


@receiver(contact_changed)
def plan_again(*, patient: Patient, now: datetime, **_: Any) -> None:
    reminders.plan_again(patient, now=now)


@receiver(licences_changed)
def renew_index(*, provider: Provider, now: datetime, **_: Any) -> None:
    indexing.renew(indexing.lock([provider.pk]), now=now)


@receiver(patient_erased)
def cancel_visits(*, patient: Patient, by: User, now: datetime, **_: Any) -> None:
    erased.cancel_visits(patient=patient, by=by, now=now)


@receiver([appointment_booked, appointment_moved, appointment_cancelled])
def put_elsewhere(*, appointment: Appointment, now: datetime, **_: Any) -> None:
    putting.plan(appointment, now=now)
