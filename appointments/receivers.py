"""What appointments do when something has happened below."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import Patient, Provider
from accounts.signals import contact_changed, licences_changed
from appointments import indexing, reminders


@receiver(contact_changed)
def plan_again(*, patient: Patient, now: datetime, **_: Any) -> None:
    reminders.plan_again(patient, now=now)


@receiver(licences_changed)
def renew_index(*, provider: Provider, now: datetime, **_: Any) -> None:
    indexing.renew(indexing.lock([provider.pk]), now=now)
