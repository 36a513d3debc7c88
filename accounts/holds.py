"""Legal holds: while one is open, nothing of the patient's record may be destroyed."""

from datetime import datetime

from django.db import transaction

from accounts.models import LegalHold, Patient, User
from core import audit


class AlreadyHeld(Exception):
    """One open hold is enough, and tells whom to ask."""


class NotHeld(Exception):
    """There is no open hold to lift."""


def lock(patient: Patient) -> Patient:
    """Read the patient anew. A hold and an erasure at the same moment: one waits for the other."""
    return Patient.objects.select_for_update().get(pk=patient.pk)


@transaction.atomic
def place(*, patient: Patient, reason: str, by: User, now: datetime) -> LegalHold:
    """
    :raises AlreadyHeld:
    :raises core.keystore.Erased: if there is nothing left to hold
    """
    lock(patient)
    if open_hold(patient):
        raise AlreadyHeld
    hold = LegalHold.objects.create(patient=patient, reason=reason, placed_at=now, placed_by=by)
    audit.record("hold.placed", subject=hold, by=by, at=now, patient_id=patient.pk)
    return hold


@transaction.atomic
def lift(*, patient: Patient, by: User, now: datetime) -> LegalHold:
    """
    :raises NotHeld:
    """
    lock(patient)
    if (hold := open_hold(patient)) is None:
        raise NotHeld
    hold.lifted_at, hold.lifted_by = now, by
    hold.save(update_fields=["lifted_at", "lifted_by"])
    audit.record("hold.lifted", subject=hold, by=by, at=now, patient_id=patient.pk)
    return hold


def open_hold(patient: Patient) -> LegalHold | None:
    return LegalHold.objects.filter(patient=patient, lifted_at=None).first()
