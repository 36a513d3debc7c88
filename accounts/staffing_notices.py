"""Telling the admins and privacy officers of a practice that somebody's work there has ended.

Whoever ends the work of the one who watches should not be the only one to know. The one who did it
is told as well, for it may have been somebody else at her open page.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from accounts.invitation_notices import TOLD
from accounts.models import Membership, Practice, User
from core import outbox
from core.duties import handler
from core.policy import RECIPIENT, serves

KIND = "notice.staffing"


def announce(event: int, *, of: User, practice: Practice, now: datetime) -> None:
    """Make it a duty to tell each of the others, once.

    :param event: the id of the deed's row in the trail
    """
    held = Membership.objects.filter(practice=practice, role__in=TOLD).exclude(user=of)
    for user in User.objects.filter(is_active=True, pk__in=held.values("user")):
        payload = {"practice": practice.pk, "to": user.pk}
        outbox.enqueue(KIND, key=f"{event}:{user.pk}", payload=payload, due_at=now)


@handler(KIND)
@serves(RECIPIENT)
def send_notice(payload: dict[str, Any], _now: datetime) -> None:
    """Whose work it was, and who ended it, stands behind the sign-in."""
    practice = Practice.objects.get(pk=payload["practice"])
    recipient = User.objects.get(pk=payload["to"])
    is_admin = recipient.memberships.filter(practice=practice, role=Membership.Role.ADMIN).exists()
    page = "accounts:staff" if is_admin else "accounts:access_log"
    context = {
        "practice": practice,
        "is_admin": is_admin,
        "address": settings.SITE_URL + reverse(page),
    }
    text = render_to_string("accounts/mail/work_ended.txt", context)
    send_mail(gettext("An account or a role was closed"), text, None, [recipient.email])
