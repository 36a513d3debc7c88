"""What appointments do when something has happened below."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import Patient
from accounts.signals import contact_changed
from appointments import reminders


@receiver(contact_changed)
def plan_again(*, patient: Patient, now: datetime, **_: Any) -> None:
    reminders.plan_again(patient, now=now)
