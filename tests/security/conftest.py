"""A patient with a canary in every text that is told about her."""

import uuid

import pytest
from django.db import transaction

from accounts.models import LegalHold
from care import consents, notes
from messaging import messages, threads
from sessions import arrival, opening
from tests.factories import NINE, NOW, make_patient, make_visit
from tests.security.canary import BORN, CANARY, PHONE


@pytest.fixture
def marked(practice, dr_bob):
    """A patient with a canary in every text that is told about her."""
    patient = make_patient(
        practice,
        "Marked One",
        legal_name=f"{CANARY} name",
        preferred_name=f"{CANARY} called",
        date_of_birth=BORN,
        phone=PHONE,
        emergency_name=f"{CANARY} friend",
        emergency_relation=f"{CANARY} bond",
        emergency_phone=PHONE,
        guardian_name=f"{CANARY} mother",
        guardian_relation=f"{CANARY} kin",
    )
    fill_record(patient, dr_bob)
    return patient


@transaction.atomic
def fill_record(patient, provider):
    visit = make_visit(provider, patient)
    document = consents.in_force(on=NOW.date())[0]
    consents.sign(patient=patient, document=document, signed_name=CANARY, by=patient.user, now=NOW)
    room = opening.open_room(appointment=visit, now=NINE)
    arrival.check_in(
        session=room,
        by=patient.user,
        state="IL",
        address=f"{CANARY} street",
        is_at_home=True,
        callback_phone=PHONE,
        is_private=True,
        now=NINE,
    )
    visit.refresh_from_db()
    visit.arrive(now=NINE)
    note = notes.open_note(appointment=visit, by=provider.user, now=NINE)
    notes.sign(note=note, body=f"{CANARY} slept", by=provider.user, now=visit.ends_at)
    thread = threads.open_thread(patient=patient, provider=provider, now=NOW)
    messages.send(
        thread=thread, body=f"{CANARY} wrote", message_id=uuid.uuid4(), by=patient.user, now=NOW
    )
    LegalHold.objects.create(
        patient=patient, reason=f"{CANARY} suit", placed_at=NOW, placed_by=provider.user
    )
