"""The register of disclosures: what of a record went to somebody outside (45 CFR 164.528)."""

from datetime import datetime

from django.db import transaction

from accounts.models import Patient, User
from care.models import Disclosure
from core import audit


class NotYet(Exception):
    """What has not happened yet is not entered."""


@transaction.atomic
def enter(
    *,
    patient: Patient,
    recipient: str,
    what: str,
    purpose: str,
    disclosed_at: datetime,
    by: User | None,
    now: datetime,
) -> Disclosure:
    """
    Add a disclosure to the register, which only grows.

    :param purpose: one of Disclosure.Purpose
    :param by: who disclosed or enters it; None: an operator at the machine
    :raises NotYet:
    """
    if disclosed_at > now:
        raise NotYet
    entered = Disclosure.objects.create(
        patient=patient,
        recipient=recipient,
        what=what,
        purpose=Disclosure.Purpose(purpose),
        disclosed_at=disclosed_at,
        recorded_at=now,
        by=by,
    )
    audit.record(
        "disclosure.entered",
        subject=entered,
        by=by,
        at=now,
        patient_id=patient.pk,
        purpose=entered.purpose,
    )
    return entered
