"""One mail about several visits of a series, with one file: as neutral as those about one visit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from appointments import cancellation, delivery, invitation
from appointments.channels import Notice
from appointments.models import Appointment
from appointments.notices import (
    CANCELLED_BY_US,
    CANCELLED_LATE,
    MOVED_BY_US,
    MOVED_LATE,
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
            "We have moved your appointments. If a new time does not suit you, choose another one"
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
    versions = {str(visit.pk): visit.version for visit in visits}
    for recipient, channel in delivery.addressed(first):
        outbox.enqueue(
            kind,
            key=delivery.key(first, channel.name, recipient),
            payload=delivery.payload(first, channel.name, recipient) | {"versions": versions},
            due_at=now,
        )


@handler(BOOKED)
@serves(RECIPIENT)
def send_booked(payload: dict[str, Any], now: datetime) -> None:
    _send(BOOKED, payload, now=now)


@handler(MOVED)
@serves(RECIPIENT)
def send_moved(payload: dict[str, Any], now: datetime) -> None:
    _send(MOVED, payload, now=now)


@handler(CANCELLED)
@serves(RECIPIENT)
def send_cancelled(payload: dict[str, Any], now: datetime) -> None:
    _send(CANCELLED, payload, now=now)


def _send(kind: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Tell of all but those visits that have changed since: that has a notice of its own.

    :raises Moot: if all of them have changed, or as `delivery` says
    """
    versions = payload["versions"]
    found = Appointment.objects.filter(pk__in=versions).order_by("starts_at")
    people = found.select_related("patient__user", "provider__user").prefetch_related("moves")
    visits = [visit for visit in people if visit.version == versions[str(visit.pk)]]
    if not visits:
        raise delivery.Changed
    channel, recipient = payload["channel"], payload["recipient"]
    notice = _notice(kind, visits, channel, recipient)
    delivery.send(notice, getattr(visits[0], recipient), channel, until=None, now=now)


def _notice(kind: str, visits: Sequence[Appointment], channel: str, recipient: str) -> Notice:
    zone = ZoneInfo(getattr(visits[0], recipient).zone)
    words = WORDS[_case(kind, visits, recipient), recipient]
    times = tuple((zones.full(one.starts_at, zone), _before(kind, one, zone)) for one in visits)
    return Notice(
        message_id=delivery.message_id(kind, visits[0], channel, recipient),
        subject=str(words.subject),
        opening=str(words.opening),
        when=_in_short([when for when, _before in times]),
        link=f"{settings.SITE_URL}{reverse('appointments:list')}",
        times=times,
        template="appointments/mail/series_notice.txt",
        calendar=(
            invitation.FILENAME,
            invitation.write_all(visits, zone=zone),
            invitation.PUBLISHED,
        ),
    )


def _in_short(times: Sequence[str]) -> str:
    """The first, and how many more: a text message of a year's visits would be fifty."""
    more = len(times) - 1
    and_more = ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}
    return f"{times[0]}, {and_more}" if more else times[0]


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
        return CANCELLED if cancellation.is_for_patient(visits[0]) else CANCELLED_BY_US
    moves = [list(visit.moves.all())[-1] for visit in visits]
    if any(map(cancellation.is_moved_late, moves)):
        return MOVED_LATE
    return MOVED if cancellation.is_moved_by_patient(moves[0]) else MOVED_BY_US
