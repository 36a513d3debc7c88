"""Telling the admins and privacy officers of a practice that somebody was invited to work there.

An admin could invite an address of her own, and be two people: one who acts, one who reviews. In
most practices there is nobody else who could have to agree first; but nobody is added unseen. The
inviter is told as well, for it may have been somebody else at her open page.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import Invitation, Membership, User
from core import outbox
from core.duties import handler
from core.policy import RECIPIENT, serves

KIND = "notice.invitation"
TOLD = (Membership.Role.ADMIN, Membership.Role.PRIVACY_OFFICER)


def announce(invitation: Invitation, *, now: datetime) -> None:
    """Make it a duty to tell each of them, once."""
    held = Membership.objects.filter(practice=invitation.practice_id, role__in=TOLD)
    for user in User.objects.filter(is_active=True, pk__in=held.values("user")):
        payload = {"invitation": invitation.pk, "to": user.pk}
        key = f"{invitation.pk}:{user.pk}"
        outbox.enqueue(KIND, key=key, payload=payload, due_at=now)


@handler(KIND)
@serves(RECIPIENT)
def send_notice(payload: dict[str, Any], _now: datetime) -> None:
    """Who was invited, and as what, stands behind the sign-in."""
    practice = Invitation.objects.select_related("practice").get(pk=payload["invitation"]).practice
    recipient = User.objects.get(pk=payload["to"])
    is_admin = recipient.memberships.filter(practice=practice, role=Membership.Role.ADMIN).exists()
    page = "accounts:staff" if is_admin else "accounts:access_log"
    context = {
        "practice": practice,
        "is_admin": is_admin,
        "address": settings.SITE_URL + reverse(page),
    }
    text = render_to_string("accounts/mail/invited.txt", context)
    send_mail(gettext("Somebody was invited to work with you"), text, None, [recipient.email])
