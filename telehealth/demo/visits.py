"""The visits of a case: booked some days ahead, then attended or called off, or still to come."""

from datetime import datetime, timedelta
from random import Random

from accounts.models import Patient, Provider, User
from appointments import attendance, booking
from appointments.models import Appointment, Attendance

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AUDIO_SHARE, AT_HOME_SHARE = 0.04, 0.85


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


def call_off(visit: Appointment, booked_at: datetime, rng: Random, *, by: User) -> None:
    """Cancel some days before or on the day itself."""
    before = min(rng.uniform(0.1, 4) * DAY, (visit.starts_at - booked_at) / 2)
    booking.cancel(appointment=visit, by=by, now=visit.starts_at - before)


def attend(visit: Appointment, rng: Random) -> Attendance:
    """Both come, a little early or late, and use most of the time."""
    attendance.record_arrival(appointment=visit, now=visit.starts_at - rng.uniform(1, 9) * MINUTE)
    started_at = visit.starts_at + rng.uniform(0, 3) * MINUTE
    has_no_video = rng.random() < AUDIO_SHARE
    return attendance.record_attendance(
        appointment=visit,
        started_at=started_at,
        ended_at=visit.ends_at + rng.uniform(-4, 4) * MINUTE,
        modality=Attendance.Modality.AUDIO if has_no_video else Attendance.Modality.VIDEO,
        patient_state=visit.patient_state,
        is_at_home=rng.random() < AT_HOME_SHARE,
    )
