"""When one can come to a visit: the pages say it, the room keeps it."""

from datetime import datetime, timedelta

from appointments.models import Appointment

# Half an hour is time to find a quiet place and to try the camera twice.
OPENS_BEFORE = timedelta(minutes=30)
# A visit that begins late still fits, and whoever drops out can come back.
CLOSES_AFTER = timedelta(minutes=60)


def opens_at(appointment: Appointment) -> datetime:
    return appointment.starts_at - OPENS_BEFORE


def closes_at(appointment: Appointment) -> datetime:
    return appointment.ends_at + CLOSES_AFTER
