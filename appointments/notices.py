"""That a visit was booked or called off, in neutral words: somebody else may see the screen.

No name of a provider or patient, no clinical word; what it is about stands behind the sign-in.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from appointments import cancellation, delivery, invitation
from appointments.channels import Notice
from appointments.models import Appointment, AppointmentMove
from core import outbox, zones
from core.duties import handler
from core.policy import RECIPIENT, serves

CONFIRMATION, CANCELLATION = "notice.confirmation", "notice.cancellation"
MOVE = "notice.move"
# In words, not in kind:
BOOKED_BY_US, BOOKED_INSTEAD, REPLACED = "booked by us", "booked instead", "replaced"
CANCELLED_LATE, CANCELLED_BY_US = "cancelled late", "cancelled by us"
MOVED_LATE, MOVED_BY_US = "moved late", "moved by us"


@dataclass(frozen=True)
class Words:
    subject: str | Promise
    opening: str | Promise


WORDS = {
    (CONFIRMATION, "patient"): Words(
        _("Your appointment is confirmed"), _("Your appointment is confirmed.")
    ),
    (BOOKED_BY_US, "patient"): Words(
        _("You have an appointment"),
        _(
            "We have booked an appointment for you. Its page tells you what is still to do before"
            " it, and there you can move or cancel it."
        ),
    ),
    (BOOKED_INSTEAD, "patient"): Words(
        _("You have another appointment"),
        _(
            "We have booked this appointment in place of one that we had to cancel. It is with"
            " someone else here. If it does not suit you, move or cancel it on its page: it costs"
            " you nothing until it begins."
        ),
    ),
    (REPLACED, "patient"): Words(
        _("Your appointment is cancelled"),
        _(
            "We are sorry: we had to cancel your appointment. We have booked another one in its"
            " place; a second message says when. It costs you nothing."
        ),
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
            "We have moved your appointment. If the new time does not suit you, choose another"
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
    for recipient, channel in delivery.addressed(appointment):
        outbox.enqueue(
            kind,
            key=delivery.key(appointment, channel.name, recipient),
            payload=delivery.payload(appointment, channel.name, recipient),
            due_at=now,
        )


@handler(CONFIRMATION)
@serves(RECIPIENT)
def send_confirmation(payload: dict[str, Any], now: datetime) -> None:
    _send(CONFIRMATION, payload, now=now)


@handler(CANCELLATION)
@serves(RECIPIENT)
def send_cancellation(payload: dict[str, Any], now: datetime) -> None:
    _send(CANCELLATION, payload, now=now)


@handler(MOVE)
@serves(RECIPIENT)
def send_move(payload: dict[str, Any], now: datetime) -> None:
    _send(MOVE, payload, now=now)


def _send(kind: str, payload: dict[str, Any], *, now: datetime) -> None:
    """
    :raises Moot: as `delivery` says
    """
    appointment = delivery.visit_of(payload)
    channel, recipient = payload["channel"], payload["recipient"]
    notice = _notice(kind, appointment, channel, recipient)
    # It may wait for her hours, and is true whenever it comes.
    delivery.send(notice, getattr(appointment, recipient), channel, until=None, now=now)


def _case(kind: str, appointment: Appointment, recipient: str) -> str:
    """What the patient has to know differs with who called it off or moved it, and when."""
    if recipient != "patient":
        return kind
    if kind == CONFIRMATION:
        return _case_of_booking(appointment)
    if kind == MOVE:
        return _case_of_move(_move_of(appointment))
    if cancellation.is_late(appointment):
        return CANCELLED_LATE
    if hasattr(appointment, "replaced_by"):
        return REPLACED
    return CANCELLATION if cancellation.is_for_patient(appointment) else CANCELLED_BY_US


def _case_of_booking(appointment: Appointment) -> str:
    if appointment.replaces_id:
        return BOOKED_INSTEAD
    return BOOKED_BY_US if is_booked_by_us(appointment) else CONFIRMATION


def is_booked_by_us(appointment: Appointment) -> bool:
    """Whether the practice booked it for her. By whom older ones were booked is not written."""
    patient, by = appointment.patient, appointment.booked_by_id
    return patient is not None and by is not None and by != patient.user_id


def _case_of_move(move: AppointmentMove) -> str:
    if cancellation.is_moved_late(move):
        return MOVED_LATE
    return MOVE if cancellation.is_moved_by_patient(move) else MOVED_BY_US


def _link(kind: str, appointment: Appointment, recipient: str) -> str:
    """Whom the practice has booked may have to sign something first: the way leads past it."""
    if _case(kind, appointment, recipient) in (BOOKED_BY_US, BOOKED_INSTEAD):
        path = reverse("preparation", args=[appointment.pk])
        return f"{settings.SITE_URL}{path}"
    return invitation.link(appointment)


def _move_of(appointment: Appointment) -> AppointmentMove:
    return appointment.moves.get(version=appointment.version)


def _notice(kind: str, appointment: Appointment, channel: str, recipient: str) -> Notice:
    person = getattr(appointment, recipient)
    zone = ZoneInfo(person.zone)
    words = WORDS[_case(kind, appointment, recipient), recipient]
    entry = invitation.write(appointment, email=person.user.email, zone=zone)
    is_move = kind == MOVE
    before = zones.full(_move_of(appointment).from_starts_at, zone) if is_move else ""
    return Notice(
        message_id=delivery.message_id(kind, appointment, channel, recipient),
        subject=str(words.subject),
        opening=str(words.opening),
        when=zones.full(appointment.starts_at, zone),
        before=before,
        link=_link(kind, appointment, recipient),
        calendar=(invitation.FILENAME, entry, invitation.content_type(appointment)),
    )
