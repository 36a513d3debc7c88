"""The people of the demo practice, who exist in development only."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Patient, User
from core import tenancy

PASSWORD = "quiet-river-morning-light"  # noqa: S105 -- public on purpose; see accounts.backend
SUFFIX = "@demo.example"  # .example is reserved (RFC 2606): nobody has such an address
SHOWN_PER_ROLE = 4
PATIENT = _("Patient")


@dataclass(frozen=True)
class SignIn:
    """One button: who, and in which role."""

    user_id: int
    name: str
    email: str
    code: str
    role: Any  # the code in words; lazy


def make_user(name: str) -> User:
    """Make a demo person who can sign in: `name` goes before the @ of the address."""
    email = name + SUFFIX
    user = User.objects.create(email=email, password=_password_hash(), is_demo=True)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@lru_cache(maxsize=1)
def _password_hash() -> str:
    return make_password(PASSWORD)  # slow on purpose; once is enough for one password


def sign_ins() -> list[SignIn]:
    """The first few demo people of each role, patients first, for whoever has not signed in yet.
    Two queries."""
    with tenancy.every_practice():
        return [*_patients(), *_members()]


def _patients() -> list[SignIn]:
    patients = Patient.objects.filter(user__is_demo=True).select_related("user")
    return [
        SignIn(patient.user_id, patient.name, patient.user.email, "patient", PATIENT)
        for patient in patients.order_by("pk")[:SHOWN_PER_ROLE]
    ]


def _members() -> list[SignIn]:
    members = Membership.objects.filter(user__is_demo=True)
    by_role: dict[str, list[SignIn]] = {role: [] for role in Membership.Role}
    for member in members.select_related("user__provider").order_by("pk"):
        by_role[member.role].append(_member(member))
    return [person for people in by_role.values() for person in people[:SHOWN_PER_ROLE]]


def _member(member: Membership) -> SignIn:
    user = member.user
    title = user.provider.title if hasattr(user, "provider") else ""
    name = title or user.email.partition("@")[0]
    return SignIn(user.pk, name, user.email, member.role, member.get_role_display())
