"""What the room does when something has happened below."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from appointments.models import Appointment
from appointments.signals import appointment_booked, appointment_cancelled, appointment_moved
from sessions import admission, join_links, join_notices


@receiver(appointment_booked)
def plan_link(*, appointment: Appointment, now: datetime, **_: Any) -> None:
    join_notices.plan(appointment=appointment, now=now)


@receiver(appointment_moved)
def plan_another_link(*, appointment: Appointment, now: datetime, **_: Any) -> None:
    """A link that is out already says the former time: another one takes its place."""
    join_links.revoke(appointment=appointment, now=now)
    join_notices.plan(appointment=appointment, now=now)


@receiver(appointment_cancelled)
def end_room(*, appointment: Appointment, by: User, now: datetime, **_: Any) -> None:
    join_links.revoke(appointment=appointment, now=now)
    admission.call_off(appointment=appointment, by=by, now=now)
