"""Who works in the practice: closing an account, opening it again, taking a role away.

Each ends every session of the person at once, pages and sockets, and every emergency access.
"""

from datetime import datetime

from django.db import transaction

from accounts import emergency, revocation
from accounts.models import Invitation, Membership, Practice, User
from core import audit


class LastAdmin(Exception):
    """Nobody would be left to look after the practice."""


class LastRole(Exception):
    """Who works here has a role. To end the work, close the account."""


@transaction.atomic
def deactivate(*, user: User, practice: Practice, by: User, now: datetime) -> None:
    """
    Close the account of a member. Her sessions and sockets end, and what she had offered others.
    Closed twice, it stays closed.

    :raises LastAdmin:
    """
    _lock(practice)
    user.refresh_from_db(fields=["is_active"])
    if not user.is_active:
        return
    _check_admin_is_left(practice, without=user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    offers = Invitation.objects.open(at=now).filter(invited_by=user)
    offers.update(withdrawn_at=now)
    revocation.revoke(user)
    audit.record("account.closed", subject=user, by=by, at=now)
    emergency.end_all(person=user, by=by, now=now)


@transaction.atomic
def reactivate(*, user: User, by: User, now: datetime) -> None:
    """Open a closed account again. She signs in as before, with both steps."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("account.opened", subject=user, by=by, at=now)


@transaction.atomic
def take_role(*, membership: Membership, by: User, now: datetime) -> None:
    """
    Take one of several roles away.

    :raises LastRole: if it is the only one
    :raises LastAdmin:
    """
    user, practice = membership.user, membership.practice
    _lock(practice)
    if membership.role == Membership.Role.ADMIN:
        _check_admin_is_left(practice, without=user)
    if not user.memberships.exclude(pk=membership.pk).exists():
        raise LastRole
    audit.record("role.taken", subject=membership, by=by, at=now)
    membership.delete()
    revocation.revoke(user)
    emergency.end_all(person=user, by=by, now=now)


def _lock(practice: Practice) -> None:
    """Two admins who close each other's accounts take turns."""
    Practice.objects.select_for_update().get(pk=practice.pk)


def _check_admin_is_left(practice: Practice, *, without: User) -> None:
    admins = practice.memberships.filter(role=Membership.Role.ADMIN, user__is_active=True)
    if not admins.filter(user=without).exists():
        return
    if not admins.exclude(user=without).exists():
        raise LastAdmin
