"""Mail about a visit: neutral words, for a screen that somebody else may see.

No name of a provider or patient, no clinical word; what it is about stands behind the sign-in.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from appointments import cancellation, invitation
from appointments.models import Appointment, AppointmentMove
from core import outbox, zones
from core.duties import handler
from core.policy import RECIPIENT, serves

CONFIRMATION, CANCELLATION = "notice.confirmation", "notice.cancellation"
MOVE = "notice.move"
# In words, not in kind:
CANCELLED_LATE, CANCELLED_BY_US = "cancelled late", "cancelled by us"
MOVED_LATE, MOVED_BY_US = "moved late", "moved by us"
RECIPIENTS = ("patient", "provider")


@dataclass(frozen=True)
class Words:
    subject: str | Promise
    opening: str | Promise


WORDS = {
    (CONFIRMATION, "patient"): Words(
        _("Your appointment is confirmed"), _("Your appointment is confirmed.")
    ),
    (CONFIRMATION, "provider"): Words(
        _("New appointment"), _("An appointment was booked with you.")
    ),
    (CANCELLATION, "patient"): Words(
        _("Your appointment is cancelled"),
        _("Your appointment is cancelled. It costs nothing, and there is nothing more to do."),
    ),
    (CANCELLED_LATE, "patient"): Words(
        _("Your appointment is cancelled"),
        _(
            "Your appointment is cancelled. It was called off late, so there may be a fee. Its page"
            " says which. If you were ill or not safe at that time, tell us, and it costs nothing."
        ),
    ),
    (CANCELLED_BY_US, "patient"): Words(
        _("Your appointment is cancelled"),
        _(
            "We are sorry: we had to cancel your appointment. It costs you nothing. On its page you"
            " can choose another time."
        ),
    ),
    (CANCELLATION, "provider"): Words(
        _("Appointment cancelled"), _("An appointment was cancelled. Its time is free again.")
    ),
    (MOVE, "patient"): Words(
        _("Your appointment has another time"),
        _("Your appointment is moved. It costs nothing, and there is nothing more to do."),
    ),
    (MOVED_LATE, "patient"): Words(
        _("Your appointment has another time"),
        _(
            "Your appointment is moved. It was moved late, so there may be a fee. Its page says"
            " which. If you were ill or not safe at the earlier time, tell us, and it costs"
            " nothing."
        ),
    ),
    (MOVED_BY_US, "patient"): Words(
        _("Your appointment has another time"),
        _(
            "We had to move your appointment. If the new time does not suit you, choose another"
            " one on its page, or cancel it there: it costs you nothing until it begins."
        ),
    ),
    (MOVE, "provider"): Words(
        _("Appointment moved"), _("An appointment was moved. Its former time is free again.")
    ),
}


def enqueue_confirmation(appointment: Appointment, *, now: datetime) -> None:
    _enqueue(CONFIRMATION, appointment, now=now)


def enqueue_cancellation(appointment: Appointment, *, now: datetime) -> None:
    _enqueue(CANCELLATION, appointment, now=now)


def enqueue_move(appointment: Appointment, *, now: datetime) -> None:
    _enqueue(MOVE, appointment, now=now)


def _enqueue(kind: str, appointment: Appointment, *, now: datetime) -> None:
    for recipient in RECIPIENTS:
        outbox.enqueue(
            kind,
            key=f"{appointment.id}:{appointment.version}:mail:{recipient}",
            payload={
                "appointment": str(appointment.id),
                "version": appointment.version,
                "recipient": recipient,
            },
            due_at=now,
        )


@handler(CONFIRMATION)
@serves(RECIPIENT)
def send_confirmation(payload: dict[str, Any], _now: datetime) -> None:
    _send(CONFIRMATION, payload)


@handler(CANCELLATION)
@serves(RECIPIENT)
def send_cancellation(payload: dict[str, Any], _now: datetime) -> None:
    _send(CANCELLATION, payload)


@handler(MOVE)
@serves(RECIPIENT)
def send_move(payload: dict[str, Any], _now: datetime) -> None:
    _send(MOVE, payload)


def _send(kind: str, payload: dict[str, Any]) -> None:
    """Send the mail, unless the visit has changed since: that change has a mail of its own."""
    people = Appointment.objects.select_related("patient__user", "provider__user")
    appointment = people.get(id=payload["appointment"])
    if appointment.version == payload["version"]:
        _letter(kind, appointment, payload["recipient"]).send()


def _case(kind: str, appointment: Appointment, recipient: str) -> str:
    """What the patient has to know differs with who called it off or moved it, and when."""
    if recipient != "patient" or kind == CONFIRMATION:
        return kind
    if kind == MOVE:
        return _case_of_move(_move_of(appointment))
    if cancellation.is_late(appointment):
        return CANCELLED_LATE
    return CANCELLATION if cancellation.is_by_patient(appointment) else CANCELLED_BY_US


def _case_of_move(move: AppointmentMove) -> str:
    if cancellation.is_moved_late(move):
        return MOVED_LATE
    return MOVE if cancellation.is_moved_by_patient(move) else MOVED_BY_US


def _move_of(appointment: Appointment) -> AppointmentMove:
    return appointment.moves.get(version=appointment.version)


def _letter(kind: str, appointment: Appointment, recipient: str) -> EmailMessage:
    person = getattr(appointment, recipient)
    zone = ZoneInfo(person.zone)
    words = WORDS[_case(kind, appointment, recipient), recipient]
    context = {
        "opening": words.opening,
        "when": zones.full(appointment.starts_at, zone),
        "before": zones.full(_move_of(appointment).from_starts_at, zone) if kind == MOVE else "",
        "link": invitation.link(appointment),
    }
    letter = EmailMessage(
        subject=str(words.subject),
        body=render_to_string("appointments/mail/notice.txt", context),
        to=[person.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    letter.attach(
        invitation.FILENAME,
        invitation.write(appointment, email=person.user.email, zone=zone),
        invitation.content_type(appointment),
    )
    return letter
