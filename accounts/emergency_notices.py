"""Telling the patient and the privacy officers of an emergency access: by mail, in neutral words.

What it is about stands behind the sign-in: on “Who looked at my record”, and among the reviews.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import EmergencyAccess, Membership, User
from core import outbox
from core.duties import handler
from core.policy import RECIPIENT, serves

KIND = "notice.emergency"


def announce(access: EmergencyAccess, *, now: datetime) -> None:
    """Make it a duty to tell each of them, once."""
    officers = User.objects.filter(
        is_active=True,
        memberships__practice=access.patient.practice_id,
        memberships__role=Membership.Role.PRIVACY_OFFICER,
    )
    for user_id in [access.patient.user_id, *officers.values_list("pk", flat=True)]:
        payload = {"access": str(access.pk), "to": user_id}
        outbox.enqueue(KIND, key=f"{access.pk}:{user_id}", payload=payload, due_at=now)


@handler(KIND)
@serves(RECIPIENT)
def send_notice(payload: dict[str, Any], _now: datetime) -> None:
    access = EmergencyAccess.objects.select_related("patient").get(pk=payload["access"])
    recipient = User.objects.get(pk=payload["to"])
    is_patient = recipient.pk == access.patient.user_id
    page = "accounts:access" if is_patient else "accounts:emergency_reviews"
    context = {"is_patient": is_patient, "address": settings.SITE_URL + reverse(page)}
    text = render_to_string("accounts/mail/emergency.txt", context)
    send_mail(gettext("News in your account"), text, None, [recipient.email])
