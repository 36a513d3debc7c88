"""Who may come in at all. Which rows one finds there is a matter of `visible_to`.

Every view and every socket carries `@policy(…)`. `accounts.wall` and `accounts.sockets` ask it
before anything else runs; what has none answers 404, to everybody.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import Http404

from accounts.models import Membership, Practice, User
from core.policy import ATTRIBUTE, Policy, UnknownAudience

PUBLIC = "public"  # also without an account
SIGNED_IN = "signed-in"  # whoever has one
PATIENT = "patient"  # who is cared for or may come to be: everybody but staff
PROVIDER = Membership.Role.PROVIDER.value
AUDIENCES = frozenset({PUBLIC, SIGNED_IN, PATIENT, *Membership.Role.values})

T = TypeVar("T")


def policy(*audience: str, finds: Callable[..., Any] | None = None) -> Callable[[T], T]:
    """
    Classify a view or a consumer. Goes on top, so that it marks what the address leads to.

    :param audience: PUBLIC, SIGNED_IN, PATIENT, or roles in a practice
    :param finds: the one way to the row that the address names; a house test holds the view to it
    :raises UnknownAudience:
    """
    if not audience or set(audience) - AUDIENCES:
        raise UnknownAudience(audience)
    own = Policy(frozenset(map(str, audience)), finds)

    def mark(door: T) -> T:
        setattr(door, ATTRIBUTE, own)
        return door

    return mark


def is_public(own: Policy) -> bool:
    return PUBLIC in own.audience


def may_enter(user: User, own: Policy) -> bool:
    """Whether a signed-in user belongs to the audience. One query at most; two for the few who
    work in a practice and are its patients as well."""
    if own.audience & {PUBLIC, SIGNED_IN}:
        return True
    if user.roles & own.audience:
        return True
    return PATIENT in own.audience and is_patient(user)


def is_patient(user: User) -> bool:
    return not user.roles or hasattr(user, "patient")


def practice_of(user: User, *held: str) -> Practice:
    """
    The practice in which `user` holds one of the roles: its rows are all that she works on.

    :raises Http404: if there is none
    """
    found = Practice.objects.filter(memberships__user=user, memberships__role__in=held)
    if practice := found.order_by("pk").first():
        return practice
    raise Http404
