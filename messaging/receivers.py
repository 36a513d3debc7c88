"""What messaging does when something has happened below, and the duties that it can do."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Patient
from accounts.signals import patient_erased
from messaging import attachments, notices, sweeping, ties  # noqa: F401 -- they register duties, checks and a count


@receiver(patient_erased)
def forget_attachments(*, patient: Patient, **_: Any) -> None:
    attachments.forget(patient)
