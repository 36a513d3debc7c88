"""The letter with the link, an hour before the visit, and a new one for whoever asks."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from appointments import invitation
from appointments.models import Appointment
from core import outbox, zones
from core.duties import handler
from core.policy import RECIPIENT, serves
from sessions import join_links

KIND = "notice.join"
SENT_BEFORE = timedelta(hours=1)


def plan(*, appointment: Appointment, now: datetime) -> None:
    due_at = max(now, appointment.starts_at - SENT_BEFORE)
    _enqueue(appointment, key=f"{appointment.pk}:{appointment.version}", due_at=due_at)


def send_again(*, token: str, now: datetime) -> None:
    """Send the patient a new link in the place of this one, once; to nobody if it leads nowhere."""
    link = join_links.find(token=token, now=now)
    if link:
        _enqueue(link.appointment, key=f"after:{link.pk}", due_at=now)


def _enqueue(appointment: Appointment, *, key: str, due_at: datetime) -> None:
    payload = {"appointment": str(appointment.pk), "version": appointment.version}
    outbox.enqueue(KIND, key=key, payload=payload, due_at=due_at)


@handler(KIND)
@serves(RECIPIENT)
def send(payload: dict[str, Any], now: datetime) -> None:
    """The token is made here and goes into the letter alone: it is at rest nowhere."""
    people = Appointment.objects.select_related("patient__user", "provider")
    visit = people.get(pk=payload["appointment"])
    if visit.version != payload["version"] or not join_links.leads_somewhere(visit, now=now):
        return
    assert visit.patient is not None  # it leads somewhere
    token = join_links.make(appointment=visit, now=now)
    context = {
        "when": zones.full(visit.starts_at, ZoneInfo(visit.patient.zone)),
        "link": join_links.address_of(token),
        "page": invitation.link(visit),
    }
    EmailMessage(
        subject=_("Your appointment is soon"),
        body=render_to_string("sessions/mail/join.txt", context),
        to=[visit.patient.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()
