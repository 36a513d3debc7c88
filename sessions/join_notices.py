"""The letter with the way in, which is the reminder of the last hour, and a new link for whoever
asks.

Who signs in with a second factor gets it without a link: she asked for more than one.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from appointments import delivery, reminders
from appointments.channels import MAIL
from appointments.models import Appointment
from core import outbox, zones
from core.duties import handler
from core.policy import RECIPIENT, serves
from sessions import join_links

KIND = "notice.join"


def plan(*, appointment: Appointment, now: datetime) -> None:
    """Unlike other reminders it is sent at once where its time has passed: it is the way in."""
    due_at = max(now, reminders.due_at(reminders.HOUR, appointment))
    key = delivery.key(appointment, MAIL.name, delivery.PATIENT)
    _enqueue(appointment, key=key, due_at=due_at, is_asked_for=False)


def send_again(*, token: str, now: datetime) -> None:
    """Send the patient a new link in the place of this one, once; to nobody if it leads nowhere."""
    link = join_links.find(token=token, now=now)
    if link:
        _enqueue(link.appointment, key=f"after:{link.pk}", due_at=now, is_asked_for=True)


def _enqueue(appointment: Appointment, *, key: str, due_at: datetime, is_asked_for: bool) -> None:
    told = delivery.payload(appointment, MAIL.name, delivery.PATIENT)
    payload = {**told, "is_asked_for": is_asked_for}
    outbox.enqueue(KIND, key=key, payload=payload, due_at=due_at)


@handler(KIND)
@serves(RECIPIENT)
def send(payload: dict[str, Any], now: datetime) -> None:
    """
    :raises Moot: if the visit has changed or is over, or as `delivery` says
    """
    visit = delivery.visit_of(payload)
    if not join_links.takes_place(visit, now=now):
        raise delivery.TooLate
    assert visit.patient is not None  # it takes place
    if not payload["is_asked_for"]:
        check_useful(visit, now=now)
    EmailMessage(
        subject=_("Your appointment is soon"),
        body=render_to_string("sessions/mail/join.txt", words(visit, now=now)),
        to=[visit.patient.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()


def check_useful(visit: Appointment, *, now: datetime) -> None:
    """
    :raises Moot: if she is there already, the visit has begun, or as `delivery` says
    """
    assert visit.patient is not None  # it takes place
    if visit.status != Appointment.Status.BOOKED:
        raise delivery.Changed
    delivery.wait_for_her(visit.patient, MAIL, until=visit.starts_at, now=now)


def words(visit: Appointment, *, now: datetime) -> dict[str, str]:
    """The token is made here and goes into the letter alone: it is at rest nowhere.

    A worker that dies behind the mail server sends another letter with another token, and only that
    one opens the visit. So this letter alone has no Message-ID of ours, by which a mailbox could
    take the second for the first.
    """
    assert visit.patient is not None  # it takes place
    facts = {
        "when": zones.full(visit.starts_at, ZoneInfo(visit.patient.zone)),
        "page": reminders.link(visit),
    }
    if join_links.may_have_one(visit):
        facts["link"] = join_links.address_of(join_links.make(appointment=visit, now=now))
    return facts
