"""Find a patient of the practice at its front desk.

Her name lies encrypted, so nobody can look for a part of it: the whole legal name with the date of
birth finds her, or the number or address under which she is reached.
"""

from datetime import date

from accounts.models import Patient, User


def find(
    *,
    by: User,
    legal_name: str = "",
    born_on: date | None = None,
    phone: str = "",
    email: str = "",
) -> list[Patient]:
    """Return those of the practice to whom all that is said applies, by name: a family may share a
    number. Where nothing is said, nobody."""
    if not (phone or email or (legal_name and born_on)):
        return []
    found = Patient.objects.at_desk_of(by)
    if legal_name and born_on:
        found = found & Patient.objects.known_as(legal_name, born_on=born_on)
    if phone:
        found = found & Patient.objects.with_phone(phone)
    if email:
        found = found & Patient.objects.with_email(email)
    return sorted(found, key=lambda patient: (patient.legal_name, patient.pk))
