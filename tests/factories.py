"""The cast and what surrounds it. Each function makes one thing, with the ordinary values."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password

from accounts.care_team import CareRelationship
from accounts.models import Licence, Membership, Patient, Practice, Provider, User
from appointments import indexing
from appointments.models import (
    Appointment,
    AppointmentSeries,
    AvailabilityRule,
    CancellationPolicy,
    ExternalCalendar,
    Schedule,
    WaitlistEntry,
    WaitlistOffer,
)
from care.models import PsychotherapyNote
from core import keystore

NOW = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)  # Tuesday, 9:00 in Chicago, 10:00 in New York
NINE = datetime(2026, 12, 3, 15, 0, tzinfo=UTC)  # Thursday, 9:00 in Chicago
HOUR = timedelta(hours=1)
VISIT = timedelta(minutes=50)
PASSWORD = "four calm words here"

# Statements that tell the session whose rows it may touch: tests begin with all, a request with
# nobody's, as a fresh session does; and then comes who is signed in.
UNSCOPED, SCOPED = 1, 2
RECORDED = 1  # the statement that writes down whose data a page showed

_numbers = count(1)


def make_user(email: str) -> User:
    return User.objects.create(email=email.lower(), password=hashed_password())


@cache
def hashed_password() -> str:
    """The real Argon2, once: it is slow on purpose, and the cast share their password."""
    return make_password(PASSWORD)


def make_practice(**fields: Any) -> Practice:
    """A practice whose patients can cancel until a day before, and pay $150 at most after that."""
    values = {"name": "Lakeside Practice", "phone": "312-555-0100", "zone": "America/Chicago"}
    practice = Practice.objects.create(**values | fields)
    make_cancellation_policy(practice)
    return practice


def make_cancellation_policy(practice: Practice, **fields: Any) -> CancellationPolicy:
    values = {
        "valid_from": date(2026, 1, 1),
        "free_hours": 24,
        "late_fee_cents": 15000,
        "noshow_fee_cents": 15000,
        "entered_at": NOW,
    }
    return CancellationPolicy.objects.create(practice=practice, **values | fields)


def make_member(practice: Practice, role: str, email: str) -> User:
    user = make_user(email)
    Membership.objects.create(user=user, practice=practice, role=role)
    return user


def make_provider(practice: Practice, name: str, **fields: Any) -> Provider:
    """A provider in Chicago, licensed in Illinois, with hours on weekdays from 9 to 17."""
    slug = name.lower().replace(" ", "-").replace(".", "")
    values = {
        "user": make_member(practice, Membership.Role.PROVIDER, f"{slug}@example.com"),
        "practice": practice,
        "slug": slug,
        "name": name,
        "credentials": "PsyD",
        "profession": "Psychologist",
        "npi": f"{1000000000 + next(_numbers)}",
        "approach": "Plain steps you can try between visits.",
        "concerns": ["anxiety", "sleep"],
        "languages": ["en"],
        "age_groups": ["adult"],
        "payers": ["Aetna"],
        "zone": "America/Chicago",
        "fee_cents": 15000,
        "verified_on": date(2026, 11, 1),
    }
    provider = Provider.objects.create(**values | fields)
    Licence.objects.create(provider=provider, **licence_values())
    Schedule.objects.create(provider=provider)
    AvailabilityRule.objects.bulk_create(
        AvailabilityRule(provider=provider, weekday=day, from_minute=9 * 60, to_minute=17 * 60)
        for day in range(5)
    )
    indexing.rebuild([provider.pk], now=NOW)
    return provider


def licence_values() -> dict[str, Any]:
    return {
        "state": "IL",
        "number": f"IL-{next(_numbers)}",
        "valid_from": date(2024, 1, 1),
        "valid_until": date(2027, 12, 31),
    }


def make_licence(provider: Provider, **fields: Any) -> Licence:
    licence = Licence.objects.create(provider=provider, **licence_values() | fields)
    indexing.rebuild([provider.pk], now=NOW)
    return licence


def make_patient(practice: Practice, name: str, **fields: Any) -> Patient:
    user = fields.pop("user", None) or make_user(f"{name.partition(' ')[0].lower()}@example.com")
    values = {
        "user": user,
        "practice": practice,
        "legal_name": name,
        "date_of_birth": date(1991, 5, 4),
        "phone": "312-555-0123",
        "state": "IL",
        "zone": "America/Chicago",
        "emergency_name": "Sam Doe",
        "emergency_relation": "Brother",
        "emergency_phone": "312-555-0199",
    }
    return Patient.objects.create(**values | fields)


def make_care(patient: Patient, person: Any, role: str = "treating", **fields: Any) -> Any:
    """The care of a provider, or of another user, for a patient, for a year now."""
    values = {
        "patient": patient,
        "person": getattr(person, "user", person),
        "role": role,
        "starts_at": NOW - timedelta(days=365),
        "ends_at": NOW + timedelta(days=3650) if role == "covering" else None,
        "reason": "visit",
    }
    return CareRelationship.objects.create(**values | fields)


def make_psychotherapy_note(patient: Patient, author: Provider, **fields: Any) -> PsychotherapyNote:
    """A private note of a provider, whether she cares for the patient now or not."""
    keystore.make(patient.ref, author.pk)
    values = {"id": uuid4(), "body": "Reminds me of my brother.", "written_at": NOW}
    return PsychotherapyNote.objects.create(patient=patient, author=author, **values | fields)


def end_all_care() -> None:
    """Whoever cared for somebody does so no longer, by any clock."""
    over = NOW - timedelta(days=300)
    CareRelationship.objects.update(ends_at=over, end_reason="completed")


def by_the_clock(provider: Provider, starts_at: datetime) -> dict[str, Any]:
    """A time as the provider's own clock shows it."""
    shown = starts_at.astimezone(provider.zoneinfo)
    return {"wall_date": shown.date(), "wall_time": shown.time(), "zone": provider.zone}


def make_visit(provider: Provider, patient: Patient | None, **fields: Any) -> Appointment:
    """A booked visit on Thursday at 9:00 in Chicago, of two who are in care with each other."""
    care = CareRelationship.objects.filter(patient=patient, person=provider.user)
    if patient is not None and fields.get("status") != "held" and not care.exists():
        make_care(patient, provider)
    starts_at = fields.pop("starts_at", NINE)
    values = {
        "provider": provider,
        "patient": patient,
        "status": Appointment.Status.BOOKED,
        "starts_at": starts_at,
        "ends_at": starts_at + VISIT,
        "block_starts_at": starts_at,
        "block_ends_at": starts_at + HOUR,
        **by_the_clock(provider, starts_at),
        "fee_cents": provider.fee_cents,
        "cancellation_policy": provider.practice.cancellation_policies.first(),
        "patient_state": "IL",
        "booked_at": NOW,
    }
    if patient is not None and "cancelled_at" in fields:
        values["cancelled_by"] = patient.user if fields["cancelled_at"] else None
    if fields.get("status") == "noshow":
        values |= {"noshow_at": starts_at + HOUR, "noshow_by": provider.user}
    return Appointment.objects.create(**values | fields)


def make_external_calendar(provider: Provider, **fields: Any) -> ExternalCalendar:
    """A calendar that a provider keeps elsewhere, never fetched yet."""
    values = {"address": "https://calendar.example/secret.ics", "added_at": NOW, "due_at": NOW}
    return ExternalCalendar.objects.create(provider=provider, **values | fields)


def make_series(provider: Provider, patient: Patient, **fields: Any) -> AppointmentSeries:
    """Every Thursday at nine in Chicago, twelve times; the rule alone, without visits."""
    values = {
        "provider": provider,
        "patient": patient,
        "every_weeks": 1,
        "starts_on": NINE.date(),
        "wall_time": time(9),
        "zone": provider.zone,
        "count": 12,
        "created_at": NOW,
        "created_by": patient.user,
    }
    return AppointmentSeries.objects.create(**values | fields)


def make_waitlist_entry(provider: Provider, patient: Patient, **fields: Any) -> WaitlistEntry:
    """A patient in care who would take any time of the next two months, as one more visit."""
    if not CareRelationship.objects.filter(patient=patient, person=provider.user).exists():
        make_care(patient, provider)
    values = {
        "patient_state": "IL",
        "until": NOW.date() + timedelta(days=60),
        "asked_at": NOW,
        "asked_by": patient.user,
    }
    return WaitlistEntry.objects.create(provider=provider, patient=patient, **values | fields)


def make_waitlist_offer(entry: WaitlistEntry, **fields: Any) -> WaitlistOffer:
    """Thursday at nine, offered for half an hour; the row alone, without the hold."""
    values = {
        "starts_at": NINE,
        "ends_at": NINE + VISIT,
        "offered_at": NOW,
        "expires_at": NOW + HOUR / 2,
    }
    return WaitlistOffer.objects.create(entry=entry, **values | fields)
