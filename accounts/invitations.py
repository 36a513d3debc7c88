"""Invitations of staff: to one address, for one role in one practice, for seven days, once.

An invitation changes nothing about an account that exists: whoever owns the address has to sign in
and take it up.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import invitation_notices, mail, profiles, revocation
from accounts.models import Invitation, Membership, Practice, User
from core import audit, tenancy
from core.transactions import violated

LIVES = timedelta(days=7)


class InvitedAlready(Exception):
    """The address has an open invitation for this role."""


class NotOpen(Exception):
    """The invitation was taken up, withdrawn, or has run out."""


class ForAnother(Exception):
    """The invitation was sent to another address."""


class IsPatient(Exception):
    """Work and care stay apart: a patient needs an account of her own to work here."""


@transaction.atomic
def invite(*, practice: Practice, email: str, role: str, by: User, now: datetime) -> Invitation:
    """
    Send the offer of a role, and tell those who look after the practice.

    :raises InvitedAlready: if the same offer stands
    """
    token = secrets.token_urlsafe(32)
    email = email.strip().lower()
    offers = practice.invitations.filter(email__iexact=email, role=role, accepted_at=None)
    offers.filter(withdrawn_at=None, expires_at__lte=now).update(withdrawn_at=now)
    invitation = _create(practice, email, role, token, by=by, now=now)
    _send(invitation, token, now=now)
    invitation_notices.announce(invitation, now=now)
    audit.record("invitation.sent", subject=invitation, by=by, at=now)
    return invitation


def _create(
    practice: Practice, email: str, role: str, token: str, *, by: User, now: datetime
) -> Invitation:
    try:
        with transaction.atomic():
            return Invitation.objects.create(
                practice=practice,
                email=email,
                role=role,
                token_hash=hashed(token),
                invited_by=by,
                invited_at=now,
                expires_at=now + LIVES,
            )
    except IntegrityError as error:
        if violated(error) != "invitation_open_once":
            raise
        raise InvitedAlready from error


def _send(invitation: Invitation, token: str, *, now: datetime) -> None:
    context = {"invitation": invitation, "address": address_of(token)}
    body = render_to_string("accounts/mail/invitation.txt", context)
    subject = _("An invitation to work at %(name)s") % {"name": invitation.practice.name}
    mail.post(subject=subject, body=body, to=invitation.email, has_code=False, now=now)


def address_of(token: str) -> str:
    return f"{settings.SITE_URL}{reverse('accounts:invitation_link')}#{token}"


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(*, token: str, now: datetime) -> Invitation | None:
    """The open invitation that the letter with this token is about, of whatever practice."""
    with tenancy.every_practice():
        return Invitation.objects.open(at=now).filter(token_hash=hashed(token)).first()


def find_open(*, invitation_id: int, now: datetime) -> Invitation | None:
    """The invitation of a letter that this browser has opened."""
    with tenancy.every_practice():
        return Invitation.objects.open(at=now).filter(pk=invitation_id).first()


def accept(*, invitation: Invitation, by: User, now: datetime) -> Membership:
    """
    Take the offer up, as whoever owns its address and is signed in. Every other session of the
    account ends: what it was let into has changed. A therapist gets a profile that is not listed.

    :raises NotOpen: if it cannot be taken up any more
    :raises ForAnother: unless it was sent to the address of `by`
    :raises IsPatient: if `by` is a patient here
    """
    with tenancy.joining(invitation.practice_id):
        return _accept(invitation=invitation, by=by, now=now)


@transaction.atomic
def _accept(*, invitation: Invitation, by: User, now: datetime) -> Membership:
    offer = Invitation.objects.open(at=now).select_for_update().filter(pk=invitation.pk).first()
    if offer is None:
        raise NotOpen
    if offer.email.lower() != by.email.lower():
        raise ForAnother
    if hasattr(by, "patient"):
        raise IsPatient
    offer.accepted_at, offer.accepted_by = now, by
    offer.save(update_fields=["accepted_at", "accepted_by"])
    membership, _is_new = Membership.objects.get_or_create(
        user=by, practice=offer.practice, role=offer.role, defaults={"granted_at": now}
    )
    if offer.role == Membership.Role.PROVIDER:
        profiles.begin(user=by, practice=offer.practice)
    revocation.revoke(by)
    audit.record("role.granted", subject=membership, by=by, at=now)
    return membership


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User, now: datetime) -> None:
    """Take the offer back. One that was taken up already is a role by now: nothing happens."""
    if Invitation.objects.open(at=now).filter(pk=invitation.pk).update(withdrawn_at=now):
        audit.record("invitation.withdrawn", subject=invitation, by=by, at=now)
