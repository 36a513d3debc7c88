"""The register of disclosures: what of a record went to somebody outside (45 CFR 164.528)."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import Patient, User
from care.models import Disclosure
from core import audit
from core.transactions import take_turns


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
    disclosure_id: UUID | None = None,
) -> Disclosure:
    """
    Add a disclosure to the register, which only grows.

    :param purpose: one of Disclosure.Purpose
    :param disclosure_id: made with the form; sent twice, it is one disclosure
    :param by: who disclosed or enters it; None: an operator at the machine
    :raises NotYet:
    """
    if disclosed_at > now:
        raise NotYet
    disclosure_id = disclosure_id or uuid4()
    take_turns(f"disclosure {disclosure_id}")
    if sent := Disclosure.objects.filter(pk=disclosure_id).first():
        return sent
    entered = Disclosure.objects.create(
        id=disclosure_id,
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
