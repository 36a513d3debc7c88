"""Goal row 12: those whose data a page decrypts are those whose read is in the trail."""

import uuid

import pytest
from django.db import connection
from django.urls import NoReverseMatch, reverse

from accounts.models import Patient, User
from care import notes
from core import keystore, reads
from core.models import AuditEvent
from messaging import messages, threads
from sessions import arrival, opening
from tests import uploads
from tests.factories import NINE, NOW
from tests.web_role import as_owner

PAGES = {
    "alice": ["home", "accounts:about_you", "appointments:list", "appointments:detail",
              "messaging:list", "messaging:thread", "messaging:attachment", "care:consents",
              "care:consent_list", "billing:card", "care:amendments", "care:disclosure_list",
              "video:room", "video:room_check_in"],
    "dr_bob": ["home", "appointments:detail", "messaging:list", "messaging:thread", "care:note",
               "messaging:attachment",
               "video:room", "video:room_facts"],
    "biller": ["home", "billing:ledger"],
}  # fmt: skip
VISITED = [(who, name) for who, names in PAGES.items() for name in names]


@pytest.fixture
def record(visit, alice, mallory, dr_bob, practice):
    """A visit that has been begun, a note, a thread; and a patient who is on none of the pages."""
    room = opening.open_room(appointment=visit, now=NINE)
    where = {"state": "IL", "address": "12 Elm Street", "callback_phone": "312-555-0123"}
    arrival.check_in(
        session=room, by=alice.user, is_at_home=True, is_private=True, now=NINE, **where
    )
    visit.refresh_from_db()
    visit.arrive(now=NINE)
    note = notes.open_note(appointment=visit, by=dr_bob.user, now=NINE)
    notes.save(note=note, body="Slept better.", by=dr_bob.user, now=NINE)
    thread = threads.open_thread(patient=alice, provider=dr_bob, now=NOW)
    said = {"body": "Hello", "message_id": uuid.uuid4()}
    message = messages.send(thread=thread, by=alice.user, now=NOW, **said)
    attachment = uploads.kept(message, at=NOW)
    return {
        "appointment_id": visit.id,
        "thread_id": thread.id,
        "attachment_id": attachment.id,
    }


@pytest.fixture
def decrypted(monkeypatch):
    """The patients whose key is asked for; it is handed out all the same. An account's own opens
    its address alone, and that is no read of a record (docs/adr/0021)."""
    owners, key_of = set(), keystore.key_of

    def watched(owner, author=None):
        if not User.objects.filter(ref=owner).exists():
            owners.add(owner)
        return key_of(owner, author)

    monkeypatch.setattr(keystore, "key_of", watched)
    return owners


def address(name, record):
    for kwargs in ({}, *({gap: value} for gap, value in record.items())):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(name)


@pytest.mark.parametrize(("who", "name"), VISITED)
def test_what_is_decrypted_is_what_is_recorded(
    request, sign_in, record, decrypted, time_machine, who, name
):
    person = request.getfixturevalue(who)
    time_machine.move_to(NINE, tick=False)
    page = sign_in(getattr(person, "user", person))
    before = set(AuditEvent.objects.values_list("id", flat=True))
    decrypted.clear()

    response = page.get(address(name, record))

    read = AuditEvent.objects.exclude(id__in=before).filter(action=reads.action(name))
    told = Patient.objects.filter(pk__in=read.values("patient_id"))
    assert response.status_code in (200, 302)
    assert {patient.ref for patient in told} == decrypted


def test_the_pages_of_the_story_show_somebody(sign_in, record, alice, dr_bob, decrypted):
    sign_in(dr_bob.user).get(address("messaging:thread", record))

    assert decrypted == {alice.ref}


def test_with_the_trail_away_no_page_shows_anybody(sign_in, record, dr_bob, alice):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditevent ADD CHECK (action NOT LIKE '%.read') NOT VALID")

    response = sign_in(dr_bob.user).get(address("appointments:detail", record))

    assert response.status_code == 503
    assert "Alice" not in response.content.decode()
