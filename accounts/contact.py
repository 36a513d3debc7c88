"""What a patient says about being reached, kept by her or her guardian."""

from datetime import datetime

from django.db import transaction

from accounts.models import ContactRules, Patient, User
from accounts.signals import contact_changed
from core import audit


def rules_of(patient: Patient) -> ContactRules:
    """Return what she has said; where she has said nothing, what is safe for everybody."""
    said = ContactRules.objects.filter(patient=patient).first()
    return said or ContactRules(patient=patient)


def is_told(patient: Patient) -> bool:
    """Whether a notice reaches her: who has said nothing gets mail. No query where her rules were
    fetched with her."""
    said: ContactRules | None = getattr(patient, "contact_rules", None)
    return said is None or said.has_channel


@transaction.atomic
def save_rules(
    *,
    patient: Patient,
    by: User,
    now: datetime,
    by_mail: bool,
    by_text: bool,
    may_leave_message: bool,
    safe_hours: tuple[int, int] | None,
) -> ContactRules:
    """Keep them. They hold for whatever has not left yet.

    :param safe_hours: from and to, in minutes of her day; None where any time is safe
    """
    from_minute, to_minute = safe_hours or (None, None)
    rules, _is_new = ContactRules.objects.update_or_create(
        patient=patient,
        defaults={
            "by_mail": by_mail,
            "by_text": by_text,
            "may_leave_message": may_leave_message,
            "safe_from_minute": from_minute,
            "safe_to_minute": to_minute,
        },
    )
    audit.record("contact.changed", subject=rules, by=by, at=now, patient_id=patient.pk)
    contact_changed.send(ContactRules, patient=patient, now=now)
    return rules
