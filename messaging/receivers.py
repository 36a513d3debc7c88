"""What messaging does when something has happened below, and the duties that it can do."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Patient
from accounts.signals import patient_erased
from messaging import attachments, notices, sweeping  # noqa: F401 -- the last two register their duties, and attachments its checks


@receiver(patient_erased)
def forget_attachments(*, patient: Patient, **_: Any) -> None:
    attachments.forget(patient)
