"""The visits of a patient who was erased are called off, and what she waits for ends: these times
are free again."""

from datetime import datetime

from accounts.models import Patient, User
from appointments import booking, indexing, waiting
from appointments.models import Appointment, WaitlistEntry


def cancel_visits(*, patient: Patient, by: User, now: datetime) -> None:
    """Call off what is ahead. A visit that has begun, or whose hour has come, stays as it was.

    In the transaction of the erasure. The providers are told; of the patient there is nobody left.
    """
    upcoming = Appointment.objects.filter(patient=patient).upcoming(now=now)
    ahead = list(upcoming.filter(starts_at__gt=now, begun_at=None))
    entries = list(WaitlistEntry.objects.filter(patient=patient, ended_at=None))
    theirs = {visit.provider_id for visit in ahead} | {entry.provider_id for entry in entries}
    indexing.lock(theirs)
    for visit in ahead:
        booking.cancel(appointment=visit, by=by, now=now)
    for entry in entries:
        waiting.end(entry=entry, by=by, now=now)
