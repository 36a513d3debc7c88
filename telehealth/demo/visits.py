"""The visits of a case: booked some days ahead, then attended or called off, or still to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from accounts.models import Patient, Provider
from appointments import attendance, booking
from appointments.models import Appointment, Attendance

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AHEAD = 41 * DAY  # nobody books further ahead than the schedule's horizon
SETTLED = 30 * MINUTE  # after a visit: by then the room has written down what happened


def book(
    provider: Provider, patient: Patient, *, starts_at: datetime, booked_at: datetime
) -> Appointment:
    """Hold and confirm, as the patient would."""
    held = booking.hold(
        provider=provider,
        starts_at=starts_at,
        holder=f"demo {patient.pk}",
        state=patient.state,
        now=booked_at,
    )
    return booking.confirm(
        appointment=held, patient=patient, by=patient.user, now=booked_at + 4 * MINUTE
    )


def booking_time(
    starts_at: datetime, rng: Random, *, not_before: datetime, now: datetime
) -> datetime:
    """Choose when a visit was booked: days ahead, after signing up, and in the past."""
    latest = min(starts_at - 3 * HOUR, now - HOUR)
    return max(min(starts_at - rng.uniform(2, 30) * DAY, latest), not_before)


def call_off(visit: Appointment, rng: Random) -> None:
    """One of the two cancels, some days before or on the day itself."""
    by = visit.patient.user if rng.random() < 0.7 else visit.provider.user
    ago = min(rng.uniform(0.1, 4) * DAY, (visit.starts_at - visit.booked_at) / 2)
    booking.cancel(appointment=visit, by=by, now=visit.starts_at - ago)


def attend(visit: Appointment, rng: Random) -> Attendance:
    """Both come, a little early or late, and use most of the time."""
    arrive(visit, rng)
    started_at = visit.starts_at + rng.uniform(0, 3) * MINUTE
    return attendance.record_attendance(
        appointment=visit,
        started_at=started_at,
        ended_at=visit.ends_at + rng.uniform(-4, 4) * MINUTE,
        modality=Attendance.Modality.AUDIO if rng.random() < 0.04 else Attendance.Modality.VIDEO,
        patient_state=visit.patient_state,
        is_at_home=rng.random() < 0.85,
    )


def arrive(visit: Appointment, rng: Random) -> None:
    attendance.record_arrival(appointment=visit, now=visit.starts_at - rng.uniform(1, 9) * MINUTE)
