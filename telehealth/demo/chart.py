"""The papers of a patient: consents when she signs up, a short note after each visit."""

from datetime import UTC, datetime, time, timedelta
from random import Random

from accounts.models import Patient, User
from appointments.models import Appointment
from care import consents, notes
from telehealth.demo import data


def sign_consents(patient: Patient, *, joined_at: datetime, now: datetime) -> None:
    """Sign each text that is in force, on signing up or on the day after it came."""
    for document in consents.missing(patient, on=now.date()):
        came_at = datetime.combine(datetime.fromisoformat(document.version), time(18), UTC)
        signed_at = min(max(joined_at, came_at + timedelta(days=1)), now)
        consents.sign(
            patient=patient,
            document=document,
            signed_name=patient.guardian_name or patient.legal_name,
            by=patient.user,
            now=signed_at,
        )


def sign_note(
    visit: Appointment, body: str, *, by: User, opened_at: datetime, signed_at: datetime
) -> None:
    """Write the note and sign it, which completes the visit."""
    note = notes.open_note(appointment=visit, by=by, now=opened_at)
    notes.sign(note=note, body=body, by=by, now=signed_at)


def begin_note(visit: Appointment, body: str, *, by: User, now: datetime) -> None:
    """Write the first sentence and leave it at that."""
    note = notes.open_note(appointment=visit, by=by, now=now)
    notes.save(note=note, body=body.partition(".")[0] + ".", by=by, now=now)


def body(concern: str, rng: Random) -> str:
    """Put a note together: what was spoken of, what was done, what is next."""
    parts = data.read("notes")[concern]
    focus, work, plan = (rng.choice(parts[part]) for part in ("focus", "work", "plan"))
    closing = rng.choice(data.read("notes")["closing"])
    return f"{focus} {work}\n\nPlan: {plan}\n\n{closing}"
