"""Who works in the practice: closing an account, opening it again, taking a role away.

Each ends every session of the person at once, pages and sockets, and every emergency access, and
the admins and privacy officers are told.
"""

from datetime import datetime

from django.db import transaction

from accounts import emergency, revocation, staffing_notices, ties
from accounts.models import Invitation, Membership, Practice, User
from core import audit


class LastAdmin(Exception):
    """Nobody would be left to look after the practice."""


class LastPrivacyOfficer(Exception):
    """Nobody would be left to watch who reads what."""


class StillNeeded(Exception):
    """Visits, patients or messages hang on the therapist. `ties` says what, in words."""

    def __init__(self, ties: list[str]) -> None:
        super().__init__()
        self.ties = ties


class LastRole(Exception):
    """Who works here has a role. To end the work, close the account."""


REFUSALS: dict[str, type[Exception]] = {
    Membership.Role.ADMIN: LastAdmin,
    Membership.Role.PRIVACY_OFFICER: LastPrivacyOfficer,
}


@transaction.atomic
def deactivate(
    *, user: User, practice: Practice, by: User, now: datetime, at_once: bool = False
) -> None:
    """
    Close the account of a member. Her sessions and sockets end, and what she had offered others.
    Closed twice, it stays closed.

    :param at_once: whatever still hangs on her: a stolen laptop cannot wait
    :raises LastAdmin:
    :raises LastPrivacyOfficer:
    :raises StillNeeded:
    """
    _lock(practice)
    user.refresh_from_db(fields=["is_active"])
    if not user.is_active:
        return
    for role in REFUSALS:
        _check_one_is_left(practice, role, without=user)
    if not at_once:
        _check_is_free(user, now=now)
    user.is_active = False
    user.save(update_fields=["is_active"])
    offers = Invitation.objects.open(at=now).filter(invited_by=user)
    offers.update(withdrawn_at=now)
    revocation.revoke(user)
    event = audit.record("account.closed", subject=user, by=by, at=now)
    staffing_notices.announce(event.pk, of=user, practice=practice, now=now)
    emergency.end_all(person=user, by=by, now=now)


@transaction.atomic
def reactivate(*, user: User, by: User, now: datetime) -> None:
    """Open a closed account again. She signs in as before, with both steps."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("account.opened", subject=user, by=by, at=now)


@transaction.atomic
def take_role(*, membership: Membership, by: User, now: datetime, at_once: bool = False) -> None:
    """
    Take one of several roles away.

    :param at_once: whatever still hangs on her as a therapist
    :raises LastRole: if it is the only one
    :raises LastAdmin:
    :raises LastPrivacyOfficer:
    :raises StillNeeded:
    """
    user, practice = membership.user, membership.practice
    _lock(practice)
    if membership.role in REFUSALS:
        _check_one_is_left(practice, membership.role, without=user)
    if not user.memberships.exclude(pk=membership.pk).exists():
        raise LastRole
    if membership.role == Membership.Role.PROVIDER and not at_once:
        _check_is_free(user, now=now)
    event = audit.record("role.taken", subject=membership, by=by, at=now)
    staffing_notices.announce(event.pk, of=user, practice=practice, now=now)
    membership.delete()
    revocation.revoke(user)
    emergency.end_all(person=user, by=by, now=now)


def _lock(practice: Practice) -> None:
    """Two admins who close each other's accounts take turns."""
    Practice.objects.select_for_update().get(pk=practice.pk)


def _check_one_is_left(practice: Practice, role: str, *, without: User) -> None:
    holders = practice.memberships.filter(role=role, user__is_active=True)
    if not holders.filter(user=without).exists():
        return
    if not holders.exclude(user=without).exists():
        raise REFUSALS[role]


def _check_is_free(therapist: User, *, now: datetime) -> None:
    if found := ties.of(therapist, now=now):
        raise StillNeeded(found)
