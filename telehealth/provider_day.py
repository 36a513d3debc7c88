"""A provider's day: who waits, who comes, what is still to write and to confirm."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Provider
from appointments import door
from appointments.models import Appointment
from appointments.responses import AppointmentResponse
from billing.models import Charge, FeeProposal
from billing.proposals import FeeProposalQuerySet
from core import zones
from messaging.models import Message
from sessions.models import VideoSession

Room = VideoSession.Status
IN_ROOM = (Room.WAITING, Room.ADMITTED, Room.LIVE)
AHEAD = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED)
STATUS_WORDS = {
    Appointment.Status.BOOKED: gettext_lazy("Expected"),
    Appointment.Status.ARRIVED: gettext_lazy("Note to write"),
    Appointment.Status.FULFILLED: gettext_lazy("Completed"),
    Appointment.Status.NOSHOW: gettext_lazy("Missed"),
    Appointment.Status.CANCELLED: gettext_lazy("Cancelled"),
}


@dataclass(frozen=True)
class Row:
    """A visit in a list: when, who, how it stands, and the one thing to do with it.

    Where care has ended there is nobody to name and nothing to do: time and status are hers.
    """

    visit: Appointment
    words: Any
    is_waiting: bool = False
    address: str = ""
    action: Any = ""

    @property
    def is_accepted(self) -> bool:
        """Whether the patient said that she will be there, and has not come yet."""
        is_booked = self.visit.status == Appointment.Status.BOOKED
        return is_booked and getattr(self.visit, "is_accepted", False)

    @property
    def is_in_care(self) -> bool:
        return bool(self.address)


@dataclass(frozen=True)
class Day:
    waiting: list[Row]  # in the waiting room or in the visit, at this moment
    visits: list[Row]  # the others of today
    notes: list[Appointment]  # visits of other days that took place and have no signed note
    charges: list[Charge]  # to confirm
    fees_count: int  # to decide on
    unread_count: int


def day_of(provider: Provider, *, now: datetime) -> Day:
    """Gather the day that `now` falls into where the provider is. Five queries."""
    shown = list(_visits(provider, now=now))
    rows = [row(visit, now=now) for visit in shown]
    return Day(
        waiting=[row for row in rows if row.is_waiting],
        visits=[row for row in rows if not row.is_waiting],
        notes=[visit for visit in _without_note(provider) if visit not in shown],
        charges=list(_to_confirm(provider)),
        fees_count=_fees(provider).count(),
        unread_count=Message.objects.visible_to(provider.user).unread_by(provider.user).count(),
    )


def _visits(provider: Provider, *, now: datetime) -> Iterable[Appointment]:
    mine = Appointment.objects.in_calendar_of(provider.user).filter(provider=provider)
    today = mine.on_day(now.astimezone(provider.zoneinfo).date(), provider.zoneinfo)
    # Somebody in the room is shown whatever the day: midnight may pass while she waits.
    shown = Q(pk__in=today.values("pk")) | Q(video_session__status__in=IN_ROOM)
    accepted = AppointmentResponse.objects.accepted().filter(appointment=OuterRef("pk"))
    visits = mine.filter(shown).annotate(is_accepted=Exists(accepted))
    visits = visits.select_related("patient", "video_session", "attendance")
    return visits.order_by("starts_at")


def _without_note(provider: Provider) -> Iterable[Appointment]:
    """Signing the note completes the visit, so one that took place and is not complete has none."""
    open_ones = Appointment.objects.visible_to(provider.user).filter(
        provider=provider, status=Appointment.Status.ARRIVED, attendance__isnull=False
    )
    return open_ones.select_related("patient").order_by("starts_at")


def _to_confirm(provider: Provider) -> Iterable[Charge]:
    drafts = Charge.objects.of_provider(provider.user).filter(status=Charge.Status.DRAFT)
    return drafts.select_related("appointment__patient").order_by("appointment__starts_at")


def _fees(provider: Provider) -> FeeProposalQuerySet:
    mine = FeeProposal.objects.visible_to(provider.user).still_open()
    return mine.filter(appointment__provider=provider)


def row(visit: Appointment, *, now: datetime) -> Row:
    words = STATUS_WORDS[Appointment.Status(visit.status)]
    if not getattr(visit, "is_open_to_me", False):
        return Row(visit, words)
    return row_in_care(visit, words, now=now)


def row_in_care(visit: Appointment, words: Any, *, now: datetime) -> Row:
    room = getattr(visit, "video_session", None)
    if room and room.status in IN_ROOM:
        return Row(visit, room_words(room), is_waiting=True, **_room(visit))
    if visit.status == Appointment.Status.ARRIVED and hasattr(visit, "attendance"):
        return Row(visit, words, is_waiting=False, **_note(visit, _("Write the note")))
    if visit.status == Appointment.Status.FULFILLED:
        return Row(visit, words, is_waiting=False, **_note(visit, _("Read the note")))
    if visit.status in AHEAD and door.opens_at(visit) <= now < door.closes_at(visit):
        return Row(visit, _("Expected"), is_waiting=False, **_room(visit))
    details = {"address": reverse("appointments:detail", args=[visit.id]), "action": _("Details")}
    return Row(visit, words, is_waiting=False, **details)


def room_words(room: VideoSession) -> str:
    if room.status == Room.WAITING and room.waiting_at:
        since = zones.wall_time(room.waiting_at, zones.current())
        return _("Waiting since %(time)s") % {"time": since}
    return str(room.get_status_display())


def _room(visit: Appointment) -> dict[str, Any]:
    return {"address": reverse("video:room", args=[visit.id]), "action": _("Open the room")}


def _note(visit: Appointment, action: str) -> dict[str, Any]:
    return {"address": reverse("care:note", args=[visit.id]), "action": action}
