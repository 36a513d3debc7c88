"""What the room does when something has happened below."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from appointments.models import Appointment
from appointments.signals import appointment_cancelled
from sessions import admission


@receiver(appointment_cancelled)
def end_room(*, appointment: Appointment, by: User, now: datetime, **_: Any) -> None:
    admission.call_off(appointment=appointment, by=by, now=now)
