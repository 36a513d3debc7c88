"""The visits of a patient who was erased: called off, so that their times are free again."""

from datetime import datetime

from accounts.models import Patient, User
from appointments import booking, indexing
from appointments.models import Appointment


def cancel_visits(*, patient: Patient, by: User, now: datetime) -> None:
    """Call off what is ahead. A visit that has begun, or whose hour has come, stays as it was.

    In the transaction of the erasure. The providers are told; of the patient there is nobody left.
    """
    upcoming = Appointment.objects.filter(patient=patient).upcoming(now=now)
    ahead = list(upcoming.filter(starts_at__gt=now, begun_at=None))
    indexing.lock({visit.provider_id for visit in ahead})
    for visit in ahead:
        booking.cancel(appointment=visit, by=by, now=now)
