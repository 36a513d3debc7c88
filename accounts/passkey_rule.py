"""Who has to have a passkey: those whose account opens much at once, after two weeks in the role.

A code can be talked out of somebody, a passkey cannot: it answers to the site's own name only. The
code stays as another way in. Nobody is locked out: who comes too late signs in as before and is
led to add a passkey, before anything else.
"""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings

from accounts import factors
from accounts.models import Membership, User

NEEDED_BY = frozenset({Membership.Role.ADMIN, Membership.Role.SUPERVISOR, Membership.Role.BILLING})


def due_at(user: User) -> datetime | None:
    """When the passkey has to be there; None where no role of hers asks for one, or where the site
    can take none: browsers want a name and https, or `localhost`."""
    if not settings.PASSKEYS_WORK:
        return None
    asking = [held.granted_at for held in user.memberships_held if held.role in NEEDED_BY]
    if not asking:
        return None
    return max(min(asking), settings.PASSKEY_REQUIRED_FROM) + settings.PASSKEY_GRACE


def has_passkey(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=factors.Type.WEBAUTHN).exists())


def is_due(request: Any, user: User, *, now: datetime) -> bool:
    """Whether she has to add one now. The demo people's one click counts as one."""
    by = due_at(user)
    if by is None or now < by or factors.is_demo(request, user):
        return False
    return not has_passkey(user)
