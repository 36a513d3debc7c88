"""A person's own profile, which makes her a patient of the practice."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Patient, Practice, User
from core import audit

# The age from which one consents to care alone in nearly every state. Nebraska and Alabama say 19,
# Mississippi 21, and many let the young consent to some care: that needs a guardian's part first.
ADULT_YEARS = 18


class NeedsGuardian(Exception):
    """The person is not of age."""


@transaction.atomic
def save_profile(*, user: User, practice: Practice, now: datetime, **fields: Any) -> Patient:
    """Create or update the user's own profile. `fields` are those of Patient, cleaned.

    :raises NeedsGuardian: if the person is younger than ADULT_YEARS where she lives
    """
    today = now.astimezone(ZoneInfo(fields["zone"])).date()
    if not is_adult(fields["date_of_birth"], on=today):
        raise NeedsGuardian
    patient, is_new = Patient.objects.update_or_create(
        user=user, defaults=fields, create_defaults={"practice": practice, **fields}
    )
    deed = "patient.created" if is_new else "patient.updated"
    audit.record(deed, subject=patient, by=user, at=now, patient_id=patient.pk)
    return patient


def is_adult(date_of_birth: date, *, on: date) -> bool:
    """Whether the person has had her birthday of age. Born on February 29: from March 1."""
    birthday_passed = (on.month, on.day) >= (date_of_birth.month, date_of_birth.day)
    years = on.year - date_of_birth.year - (0 if birthday_passed else 1)
    return years >= ADULT_YEARS


def own_practice() -> Practice:
    """The practice of this installation: it serves one, which is the first."""
    return Practice.objects.earliest("pk")
