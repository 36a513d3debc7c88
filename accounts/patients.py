"""A person's profile, which makes her a patient of the practice: kept by her, or her guardian."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Patient, Practice, User
from core import audit, tenancy

# The age from which one consents to care alone in nearly every state. Nebraska and Alabama say 19,
# Mississippi 21, and many let the young consent to some care: the practice arranges those by phone.
ADULT_YEARS = 18


class NeedsGuardian(Exception):
    """The patient is not of age, and no guardian is named."""


class IsOfAge(Exception):
    """The patient is of age, and a guardian is named."""


def save_profile(
    *,
    user: User,
    practice: Practice,
    now: datetime,
    guardian_name: str = "",
    guardian_relation: str = "",
    **fields: Any,
) -> Patient:
    """Create or update the profile that the user keeps, as the patient or as her guardian.

    :param guardian_name: the user's own name where the patient is a child; otherwise blank
    :param guardian_relation: who the user is to the child; otherwise blank
    :param fields: the others of Patient, cleaned
    :raises NeedsGuardian: if the patient is younger than ADULT_YEARS where she lives
        and no guardian is named
    :raises IsOfAge: if she is not younger, and one is
    """
    today = now.astimezone(ZoneInfo(fields["zone"])).date()
    check_guardian(guardian_name, is_of_age=is_adult(fields["date_of_birth"], on=today))
    fields |= {"guardian_name": guardian_name, "guardian_relation": guardian_relation}
    with tenancy.joining(practice.pk):
        return _save(user, practice, fields, now=now)


@transaction.atomic
def _save(user: User, practice: Practice, fields: dict[str, Any], *, now: datetime) -> Patient:
    patient, is_new = Patient.objects.update_or_create(
        user=user, defaults=fields, create_defaults={"practice": practice, **fields}
    )
    deed = "patient.created" if is_new else "patient.updated"
    audit.record(deed, subject=patient, by=user, at=now, patient_id=patient.pk)
    return patient


def check_guardian(guardian_name: str, *, is_of_age: bool) -> None:
    """
    :raises NeedsGuardian: if a child has none
    :raises IsOfAge: if an adult has one
    """
    if not is_of_age and not guardian_name:
        raise NeedsGuardian
    if is_of_age and guardian_name:
        raise IsOfAge


def is_adult(date_of_birth: date, *, on: date) -> bool:
    """Whether the person has had her birthday of age."""
    return age(date_of_birth, on=on) >= ADULT_YEARS


def age(date_of_birth: date, *, on: date) -> int:
    """Return how many birthdays she has had. Born on February 29: on March 1."""
    birthday_passed = (on.month, on.day) >= (date_of_birth.month, date_of_birth.day)
    return on.year - date_of_birth.year - (0 if birthday_passed else 1)


def own_practice() -> Practice:
    """The first practice of this installation: whose Stripe account the site has, and who answers
    for those who hold no provider's time."""
    return Practice.objects.earliest("pk")
