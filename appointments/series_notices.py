"""One mail about several visits of a series, with one file: as neutral as those about one visit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appointments import cancellation, invitation
from appointments.models import Appointment
from appointments.notices import (
    CANCELLED_BY_US,
    CANCELLED_LATE,
    MOVED_BY_US,
    MOVED_LATE,
    RECIPIENTS,
    Words,
)
from core import outbox, zones
from core.duties import handler
from core.policy import RECIPIENT, serves

BOOKED, MOVED = "notice.series_booked", "notice.series_moved"
CANCELLED = "notice.series_cancelled"

WORDS = {
    (BOOKED, "patient"): Words(
        _("Your appointments are confirmed"), _("Your appointments are confirmed:")
    ),
    (BOOKED, "provider"): Words(_("New appointments"), _("Appointments were booked with you:")),
    (MOVED, "patient"): Words(
        _("Your appointments have other times"),
        _("Your appointments are moved. It costs nothing, and there is nothing more to do:"),
    ),
    (MOVED_LATE, "patient"): Words(
        _("Your appointments have other times"),
        _(
            "Your appointments are moved. At least one was moved late, so there may be a fee. Its"
            " page says which. If you were ill or not safe at the earlier time, tell us, and it"
            " costs nothing:"
        ),
    ),
    (MOVED_BY_US, "patient"): Words(
        _("Your appointments have other times"),
        _(
            "We had to move your appointments. If a new time does not suit you, choose another one"
            " on its page, or cancel it there: it costs you nothing until it begins:"
        ),
    ),
    (MOVED, "provider"): Words(
        _("Appointments moved"),
        _("Appointments were moved. Their former times are free again:"),
    ),
    (CANCELLED, "patient"): Words(
        _("Your appointments are cancelled"),
        _("Your appointments are cancelled. It costs nothing, and there is nothing more to do:"),
    ),
    (CANCELLED_LATE, "patient"): Words(
        _("Your appointments are cancelled"),
        _(
            "Your appointments are cancelled. At least one was called off late, so there may be a"
            " fee. Its page says which. If you were ill or not safe at that time, tell us, and it"
            " costs nothing:"
        ),
    ),
    (CANCELLED_BY_US, "patient"): Words(
        _("Your appointments are cancelled"),
        _(
            "We are sorry: we had to cancel your appointments. It costs you nothing. On their pages"
            " you can choose other times:"
        ),
    ),
    (CANCELLED, "provider"): Words(
        _("Appointments cancelled"),
        _("Appointments were cancelled. Their times are free again:"),
    ),
}


def enqueue_booked(visits: Sequence[Appointment], *, now: datetime) -> None:
    _enqueue(BOOKED, visits, now=now)


def enqueue_moved(visits: Sequence[Appointment], *, now: datetime) -> None:
    _enqueue(MOVED, visits, now=now)


def enqueue_cancelled(visits: Sequence[Appointment], *, now: datetime) -> None:
    _enqueue(CANCELLED, visits, now=now)


def _enqueue(kind: str, visits: Sequence[Appointment], *, now: datetime) -> None:
    """Tell the two of what has become of these visits of theirs, each as it is now."""
    first = visits[0]
    for recipient in RECIPIENTS:
        outbox.enqueue(
            kind,
            key=f"{first.pk}:{first.version}:series:{recipient}",
            payload={
                "versions": {str(visit.pk): visit.version for visit in visits},
                "recipient": recipient,
            },
            due_at=now,
        )


@handler(BOOKED)
@serves(RECIPIENT)
def send_booked(payload: dict[str, Any], _now: datetime) -> None:
    _send(BOOKED, payload)


@handler(MOVED)
@serves(RECIPIENT)
def send_moved(payload: dict[str, Any], _now: datetime) -> None:
    _send(MOVED, payload)


@handler(CANCELLED)
@serves(RECIPIENT)
def send_cancelled(payload: dict[str, Any], _now: datetime) -> None:
    _send(CANCELLED, payload)


def _send(kind: str, payload: dict[str, Any]) -> None:
    """Send the mail, but for those visits that have changed since: that has a mail of its own."""
    versions = payload["versions"]
    found = Appointment.objects.filter(pk__in=versions).order_by("starts_at")
    people = found.select_related("patient__user", "provider__user").prefetch_related("moves")
    if visits := [visit for visit in people if visit.version == versions[str(visit.pk)]]:
        _letter(kind, visits, payload["recipient"]).send()


def _letter(kind: str, visits: Sequence[Appointment], recipient: str) -> EmailMessage:
    person = getattr(visits[0], recipient)
    zone = ZoneInfo(person.zone)
    words = WORDS[_case(kind, visits, recipient), recipient]
    context = {
        "opening": words.opening,
        "times": [(zones.full(one.starts_at, zone), _before(kind, one, zone)) for one in visits],
        "link": f"{settings.SITE_URL}{reverse('appointments:list')}",
    }
    letter = EmailMessage(
        subject=str(words.subject),
        body=render_to_string("appointments/mail/series_notice.txt", context),
        to=[person.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    file = invitation.write_all(visits, zone=zone)
    letter.attach(invitation.FILENAME, file, invitation.PUBLISHED)
    return letter


def _before(kind: str, visit: Appointment, zone: ZoneInfo) -> str:
    move = list(visit.moves.all())[-1] if kind == MOVED else None
    return zones.full(move.from_starts_at, zone) if move else ""


def _case(kind: str, visits: Sequence[Appointment], recipient: str) -> str:
    """What the patient has to know differs with who did it, and when."""
    if recipient != "patient" or kind == BOOKED:
        return kind
    if kind == CANCELLED:
        if any(map(cancellation.is_late, visits)):
            return CANCELLED_LATE
        return CANCELLED if cancellation.is_by_patient(visits[0]) else CANCELLED_BY_US
    moves = [list(visit.moves.all())[-1] for visit in visits]
    if any(map(cancellation.is_moved_late, moves)):
        return MOVED_LATE
    return MOVED if cancellation.is_moved_by_patient(moves[0]) else MOVED_BY_US
