"""Making a copy of a record: on the trail, and in the register if it is for somebody else."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Patient, User
from care import disclosing
from core import audit, keystore
from telehealth.record import contents
from telehealth.record.archive import Archive, pack

HER_REQUEST = "patient-request"


@dataclass(frozen=True)
class Recipient:
    """Somebody else who gets a copy, and why."""

    name: str
    purpose: str  # one of Disclosure.Purpose


@transaction.atomic
def export(
    *, patient: Patient, by: User | None, now: datetime, recipient: Recipient | None = None
) -> Archive:
    """
    Copy the record as it is at this moment.

    :param by: who takes the copy; None: an operator at the machine
    :param recipient: None: the patient herself
    :raises core.keystore.Erased: if there is nothing left to copy
    """
    if keystore.is_erased(patient.ref):
        raise keystore.Erased
    archive = pack(contents.gather(patient, terms_for(patient, recipient, now=now)))
    purpose = recipient.purpose if recipient else HER_REQUEST
    audit.record(
        "record.exported", subject=patient, by=by, at=now, patient_id=patient.pk, purpose=purpose
    )
    if recipient:
        disclosing.enter(
            patient=patient,
            recipient=recipient.name,
            what=_("A copy of the record"),
            purpose=purpose,
            disclosed_at=now,
            by=by,
            now=now,
        )
    return archive


def terms_for(patient: Patient, recipient: Recipient | None, *, now: datetime) -> contents.Terms:
    if recipient is None:
        return contents.hers(now=now)
    return contents.anothers(patient, purpose=recipient.purpose, now=now)
