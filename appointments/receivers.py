"""What appointments do when something has happened below."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import Patient, Provider, User
from accounts.signals import contact_changed, licences_changed, patient_erased
from appointments import erased, indexing, reminders


@receiver(contact_changed)
def plan_again(*, patient: Patient, now: datetime, **_: Any) -> None:
    reminders.plan_again(patient, now=now)


@receiver(licences_changed)
def renew_index(*, provider: Provider, now: datetime, **_: Any) -> None:
    indexing.renew(indexing.lock([provider.pk]), now=now)


@receiver(patient_erased)
def cancel_visits(*, patient: Patient, by: User, now: datetime, **_: Any) -> None:
    erased.cancel_visits(patient=patient, by=by, now=now)
