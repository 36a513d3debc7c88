"""Putting a provider's visits into a calendar that she keeps elsewhere, as neutral events.

Each change of a visit is a duty for each such calendar, which looks at the visit as it is when it
is done: so a duty that comes late, or twice, does no harm. The practice's calendar is the truth:
what is changed or removed there is put back (ADR 0023).
"""

import hashlib
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from appointments import invitation
from appointments.caldav import Changes, Collection
from appointments.models import Appointment, ExternalCalendar, ExternalEvent
from core import outbox
from core.duties import Moot, handler
from core.policy import SYSTEM, serves
from core.transactions import take_turns

KIND = "calendar.put"
SUFFIX = ".ics"


class NotTwoWay(Moot):
    """The calendar was removed, its provider's account is closed, or nothing is put there."""


def plan(appointment: Appointment, *, now: datetime) -> None:
    """Have the visit put, moved or taken away in each calendar of its provider."""
    for calendar in ExternalCalendar.objects.two_way().filter(provider=appointment.provider_id):
        _enqueue(calendar, appointment, _state(appointment, now=now), now=now)


def plan_all(calendar: ExternalCalendar, *, now: datetime) -> None:
    """Have all visits to come put into a calendar that is new, or that lets us in again."""
    for appointment in Appointment.objects.filter(provider=calendar.provider).upcoming(now=now):
        _enqueue(calendar, appointment, _state(appointment, now=now), now=now)


def _state(appointment: Appointment, *, now: datetime) -> str:
    """The version alone does not tell: that nobody came may be noted, and taken back."""
    return f"{appointment.version}:{now:%Y%m%dT%H%M%S.%f}"


def put_back(calendar: ExternalCalendar, changes: Changes, *, now: datetime) -> None:
    """Have put back what somebody has changed or removed there. What we have put is known by its
    etag; the state's name is in the key, as the same may be done to the same visit again."""
    state = hashlib.sha256(changes.token.encode()).hexdigest()[:16]
    for event in events_in(calendar).filter(appointment__ends_at__gt=now):
        name = name_of(event.appointment)
        is_changed = changes.changed.get(name, event.etag) != event.etag
        if is_changed or name in changes.deleted:
            _enqueue(calendar, event.appointment, f"back:{state}", now=now)


def events_in(calendar: ExternalCalendar) -> "QuerySet[ExternalEvent]":
    return ExternalEvent.objects.filter(calendar=calendar).select_related("appointment")


def names_in(calendar: ExternalCalendar) -> set[str]:
    return {name_of(event.appointment) for event in events_in(calendar)}


def _enqueue(
    calendar: ExternalCalendar, appointment: Appointment, reason: str, *, now: datetime
) -> None:
    outbox.enqueue(
        KIND,
        key=f"{calendar.pk}:{appointment.pk}:{reason}",
        payload={"calendar": calendar.pk, "appointment": str(appointment.pk)},
        due_at=now,
    )


@handler(KIND)
@serves(SYSTEM)
def put_visit(payload: dict[str, Any], now: datetime) -> None:
    """
    :raises NotTwoWay:
    :raises Refused: the outbox asks again, as where nobody answers
    :raises NotFetched:
    """
    calendar = ExternalCalendar.objects.two_way().filter(pk=payload["calendar"]).first()
    if calendar is None:
        raise NotTwoWay
    # Of two duties for one visit, the second must see what the first has put. The visit itself is
    # not locked: nobody waits for a server elsewhere.
    take_turns(f"{KIND} {calendar.pk} {payload['appointment']}")
    appointment = Appointment.objects.select_related("provider").get(pk=payload["appointment"])
    there = collection_of(calendar)
    if appointment.status in Appointment.TAKES_TIME:
        _put(there, calendar, appointment)
    else:
        there.delete(name_of(appointment))
        ExternalEvent.objects.filter(calendar=calendar, appointment=appointment).delete()


def _put(there: Collection, calendar: ExternalCalendar, appointment: Appointment) -> None:
    file = invitation.write_event(appointment, zone=appointment.provider.zoneinfo)
    etag = there.put(name_of(appointment), file)
    ExternalEvent.objects.update_or_create(
        calendar=calendar, appointment=appointment, defaults={"etag": etag}
    )


def collection_of(calendar: ExternalCalendar) -> Collection:
    return Collection(calendar.address, calendar.username or "", calendar.password or "")


def name_of(appointment: Appointment) -> str:
    return f"{appointment.pk}{SUFFIX}"
