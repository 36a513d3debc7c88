"""Erasing a patient: her key is destroyed, and with it every word of hers, in every copy.

What the books and the law need stays as it was: visits, charges, entries, the trail. They then are
about nobody. The database is only told; what erases is the missing key, so that yesterday's
backup, restored, cannot be read either.
"""

from collections.abc import Iterator
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import holds
from accounts.models import Erasure, Patient, User
from accounts.signals import patient_erased
from core import audit, keystore


class OnHold(Exception):
    """A legal hold is open: the record must be kept."""


@transaction.atomic
def erase(*, patient: Patient, reason: str, by: User, now: datetime) -> Erasure:
    """Erase for ever. Done twice, it is done once; cut short, it is finished by the next call.

    :param reason: one of Erasure.Reason
    :raises OnHold:
    """
    patient = holds.lock(patient)
    if holds.open_hold(patient):
        raise OnHold
    values = {"reason": Erasure.Reason(reason), "erased_at": now, "by": by}
    erasure, is_new = Erasure.objects.get_or_create(patient=patient, defaults=values)
    if is_new:
        _forget(patient)
        patient_erased.send(Erasure, patient=patient, by=by, now=now)
        audit.record("patient.erased", subject=erasure, by=by, at=now, patient_id=patient.pk)
    # Last: nothing that could still fail comes after it, and no row says so before it is true.
    keystore.erase(patient.user.ref)  # the address; hers is what a restored copy is told by
    keystore.erase(patient.ref)
    return erasure


def _forget(patient: Patient) -> None:
    """Empty what is readable, or found, and says who she was."""
    Patient.objects.filter(pk=patient.pk).update(phone_index=b"", identity_index=b"")
    user = patient.user
    EmailAddress.objects.filter(user=user).delete()
    user.email, user.is_active = "", False
    user.set_unusable_password()
    user.save()


def undone() -> Iterator[Patient]:
    """Yield those whose key was destroyed but whose row does not know: an old backup was restored.

    Their words and addresses cannot be read; but they are found by their indexes, and the account
    is open.
    """
    for patient in Patient.objects.filter(erasure=None).order_by("pk").iterator():
        if keystore.is_erased(patient.ref):
            yield patient
