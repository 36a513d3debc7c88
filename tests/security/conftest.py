"""A patient with a canary in every text; the world of the matrices, and a count of their cells."""

import uuid
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, transaction

from accounts import invitations
from accounts.models import EmergencyAccess, LegalHold
from accounts.models.emergency_access import LASTS
from care import amending, consents, disclosing, notes
from messaging import messages, threads
from sessions import arrival, opening
from tests import uploads
from tests.factories import (
    NINE,
    NOW,
    make_patient,
    make_psychotherapy_note,
    make_user,
    make_visit,
    make_waitlist_entry,
)
from tests.security import world as worlds
from tests.security.canary import BORN, CANARY, PHONE

CELLS = pytest.StashKey[int]()
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """A goal row is proved on the whole product: `.ci/run` does, the commit's part does not."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.journey)


@pytest.fixture
def marked(practice, dr_bob):
    """A patient with a canary in every text that is told about her."""
    patient = make_patient(
        practice,
        "Marked One",
        user=make_user(f"{CANARY}@example.com"),
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
    fill_addresses(patient, dr_bob.user)
    return patient


def fill_addresses(patient, colleague):
    """The account has one already; here is what allauth keeps of it, and an invitation."""
    EmailAddress.objects.create(user=patient.user, email=patient.user.email, verified=True)
    offer = {"practice": patient.practice, "role": "billing", "by": colleague, "now": NOW}
    invitations.invite(email=f"{CANARY}.colleague@example.com", **offer)


@transaction.atomic
def fill_record(patient, provider):
    visit = make_visit(provider, patient)
    waits = {"priority": "urgent", "priority_by": provider.user}
    make_waitlist_entry(provider, patient, priority_reason=f"{CANARY} need", **waits)
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
    make_psychotherapy_note(patient, provider, body=f"{CANARY} alone")
    thread = threads.open_thread(patient=patient, provider=provider, now=NOW)
    message = messages.send(
        thread=thread, body=f"{CANARY} wrote", message_id=uuid.uuid4(), by=patient.user, now=NOW
    )
    uploads.kept(message, at=NOW, title=f"{CANARY} photo.txt", content=CANARY.encode())
    EmergencyAccess.objects.create(
        patient=patient,
        person=make_user("far.from.care@example.com"),
        reason="medical",
        circumstances=f"{CANARY} found",
        starts_at=NOW,
        ends_at=NOW + LASTS,
        reviewed_at=NOW + LASTS,
        reviewed_by=provider.user,
        outcome="appropriate",
        remark=f"{CANARY} judged",
    )
    asked = amending.ask(
        patient=patient,
        note=note,
        change=f"{CANARY} date",
        reason=f"{CANARY} wrong",
        by=patient.user,
        now=visit.ends_at,
    )
    amending.accept(request=asked, words=f"{CANARY} added", by=provider.user, now=visit.ends_at)
    disclosing.enter(
        patient=patient,
        recipient=f"{CANARY} court",
        what=f"{CANARY} letter",
        purpose="required-by-law",
        disclosed_at=NOW,
        by=provider.user,
        now=NOW,
    )
    LegalHold.objects.create(
        patient=patient, reason=f"{CANARY} suit", placed_at=NOW, placed_by=provider.user
    )


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, static_files):
    """Everybody and everything, undone at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture
def count_cells(record_property, request):
    def add(number):
        record_property("cells", number)
        request.config.stash[CELLS] = request.config.stash.get(CELLS, 0) + number

    return add


def pytest_terminal_summary(terminalreporter):
    reports = terminalreporter.stats.get("passed", [])
    cells = sum(value for r in reports for key, value in r.user_properties if key == "cells")
    if cells:
        terminalreporter.write_line(f"{cells} cells of the matrices asked")
