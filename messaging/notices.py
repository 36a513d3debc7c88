"""Telling someone outside the site that a message waits: neutral words, no name, no content."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from appointments import delivery
from appointments.channels import MAIL
from core import outbox
from core.duties import handler
from core.policy import RECIPIENT, serves
from messaging.models import Message, Thread

KIND = "notice.message"
PATIENCE = timedelta(minutes=1)  # whoever has the page open reads it there and gets no mail


def announce(thread: Thread, *, to: User, now: datetime) -> None:
    """Make it a duty to tell `to`, once for all that is unread since they last looked.

    The key is the oldest unread message: it stays the same until they read it.
    """
    oldest = thread.messages.unread_by(to).earliest("number")
    outbox.enqueue(
        KIND, key=str(oldest.pk), payload={"message": str(oldest.pk)}, due_at=now + PATIENCE
    )


@handler(KIND)
@serves(RECIPIENT)
def send_notice(payload: dict[str, Any], now: datetime) -> None:
    """
    :raises Moot: as `delivery` says, where it is the patient who is told; so is NotYet
    """
    message = Message.objects.select_related("thread").get(pk=payload["message"])
    if message.read_at is not None:
        return
    thread = Thread.objects.with_people().get(pk=message.thread_id)
    if not thread.is_patient(message.author):
        delivery.wait_for_her(thread.patient, MAIL, until=None, now=now)
    address = settings.SITE_URL + reverse("messaging:list")
    text = render_to_string("messaging/notice.txt", {"address": address})
    recipient = thread.other(message.author)
    send_mail(gettext("You have a message"), text, None, [recipient.email])
