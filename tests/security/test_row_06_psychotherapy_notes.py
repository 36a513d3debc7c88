"""Goal row 6: a psychotherapy note is read by its author, and by nobody else whatever they are.

The matrix asks each address of everybody, and reads each answer for the words of one; `rights.py`
asks the queryset. Here: every state of author and reader by itself, all that leaves the site, and
the database without its keys.
"""

import io
import json
import zipfile
from base64 import b64encode
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from accounts import emergency, erasure, holds, staffing, trail_export
from accounts.models import Membership
from accounts.trail import Search
from care.models import PsychotherapyNote, SupervisionAgreement
from core import keyring, keystore, sealing
from core.keystore import KeyName
from core.models import AuditEvent
from telehealth.record import exporting
from tests.factories import (
    NINE,
    NOW,
    end_all_care,
    make_care,
    make_member,
    make_patient,
    make_practice,
    make_provider,
    make_psychotherapy_note,
)
from tests.house.repository import ours, text
from tests.security import record
from tests.security.canary import CANARY, dump, restore
from tests.security.test_matrix import METHODS
from tests.signing_in import signed_in
from tests.web_role import unguarded

WORDS = f"{CANARY} alone"
SHUT = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}  # a method is refused to all alike
DAY = timedelta(days=1)
Role = Membership.Role


@pytest.fixture
def note(alice, dr_bob):
    make_care(alice, dr_bob)
    return make_psychotherapy_note(alice, dr_bob, body=WORDS)


@pytest.fixture
def clock():
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


def answers(person, note):
    """What each method at each address of the note answers, and that none of them tells it."""
    client = signed_in(getattr(person, "user", person))
    paths = [
        reverse(name, args=[note.pk])
        for name in ("care:psychotherapy_note", "care:psychotherapy_note_destruction")
    ]
    given = [client.generic(method, path) for path in paths for method in METHODS]
    assert [one for one in given if CANARY in one.content.decode()] == []
    return {one.status_code for one in given}


# Everybody who is not the author, in every way that opens a record.


def take_over(alice, dr_bob, carol, practice):
    make_care(alice, carol)
    return carol


def stand_in(alice, dr_bob, carol, practice):
    make_care(alice, carol, "covering")
    return carol


def open_in_emergency(alice, dr_bob, carol, practice):
    why = {"reason": "medical", "circumstances": "Found unconscious."}
    emergency.open_access(patient=alice, by=carol.user, now=NINE, **why)
    return carol


def supervise_the_patient(alice, dr_bob, carol, practice):
    supervisor = make_member(practice, Role.SUPERVISOR, "supervisor@example.com")
    make_care(alice, supervisor, "supervising")
    return supervisor


def supervise_the_author(alice, dr_bob, carol, practice):
    supervisor = make_member(practice, Role.SUPERVISOR, "supervisor@example.com")
    agree(practice, supervisor, dr_bob.user)
    return supervisor


def supervise_and_treat(alice, dr_bob, carol, practice):
    """A supervisor who is a therapist and treats the same patient."""
    Membership.objects.create(user=carol.user, practice=practice, role=Role.SUPERVISOR)
    agree(practice, carol.user, dr_bob.user)
    return take_over(alice, dr_bob, carol, practice)


def agree(practice, supervisor, supervisee):
    signed = {"supervisor_signed_at": NOW, "signed_at": NOW, "starts_at": NOW}
    SupervisionAgreement.objects.create(
        practice=practice,
        supervisor=supervisor,
        supervisee=supervisee,
        ends_at=NINE + DAY,
        **signed,
    )


def be_all_at_once(alice, dr_bob, carol, practice):
    """Whoever holds every role of the practice, and treats the patient."""
    for role in set(Role) - {Role.PROVIDER}:
        Membership.objects.create(user=carol.user, practice=practice, role=role)
    make_care(alice, carol, "supervising")
    return take_over(alice, dr_bob, carol, practice)


def come_from_elsewhere(alice, dr_bob, carol, practice):
    return make_provider(make_practice(name="Elsewhere"), "Dora Far")


def be_the_patient(alice, dr_bob, carol, practice):
    return alice


WAYS = [
    take_over, stand_in, open_in_emergency, supervise_the_patient, supervise_the_author,
    supervise_and_treat, be_all_at_once, come_from_elsewhere, be_the_patient,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_to_the_record_leads_to_the_note(note, clock, alice, dr_bob, carol, practice, way):
    reader = way(alice, dr_bob, carol, practice)

    assert answers(reader, note) <= SHUT
    assert PsychotherapyNote.objects.get() == note


@pytest.mark.parametrize("role", Role.values)
def test_no_role_does(note, clock, practice, role):
    person = make_member(practice, role, f"{role}@example.com")

    assert answers(person, note) <= SHUT
    assert PsychotherapyNote.objects.get() == note


def test_nor_is_a_guardian_led_to_it(clock, kit, dr_bob):
    note = make_psychotherapy_note(kit, dr_bob, body=WORDS)

    assert answers(kit, note) <= SHUT


def test_a_new_therapist_does_not_inherit_it_from_one_whose_care_has_ended(
    note, clock, alice, carol
):
    end_all_care()
    make_care(alice, carol, starts_at=NOW)

    page = signed_in(carol.user).get(reverse("care:psychotherapy_notes", args=[alice.ref]))

    assert answers(carol, note) <= SHUT
    assert page.status_code == HTTPStatus.OK
    assert str(note.pk) not in page.content.decode()


# The author, in every state she can be in.


def reads(author, note):
    page = signed_in(author.user).get(reverse("care:psychotherapy_note", args=[note.pk]))
    return WORDS in page.content.decode()


def test_in_care_she_reads_it(note, clock, dr_bob):
    assert reads(dr_bob, note)


def test_after_care_she_reads_it(note, clock, dr_bob):
    end_all_care()

    assert reads(dr_bob, note)


def test_standing_in_she_reads_it_also_when_that_is_over(clock, alice, carol):
    make_care(alice, carol, "covering", ends_at=NOW + DAY)
    note = make_psychotherapy_note(alice, carol, body=WORDS)
    during = reads(carol, note)
    clock.move_to(NOW + 2 * DAY, tick=False)

    assert (during, reads(carol, note)) == (True, True)


def test_with_her_account_closed_nobody_reads_it_and_opened_again_she_does(
    note, clock, alice, dr_bob, carol, practice
):
    admin = make_member(practice, Role.ADMIN, "admin@example.com")
    staffing.deactivate(user=dr_bob.user, practice=practice, by=admin, now=NINE, at_once=True)
    readers = [admin, take_over(alice, dr_bob, carol, practice)]
    closed = (reads(dr_bob, note), [answers(reader, note) <= SHUT for reader in readers])

    staffing.reactivate(user=dr_bob.user, by=admin, now=NINE)

    dr_bob.user.refresh_from_db()
    assert closed == (False, [True, True])
    assert reads(dr_bob, note)


def test_with_her_role_taken_nobody_reads_it(note, clock, dr_bob, practice):
    admin = make_member(practice, Role.ADMIN, "admin@example.com")
    Membership.objects.create(user=dr_bob.user, practice=practice, role=Role.BILLING)
    held = dr_bob.user.memberships.get(role=Role.PROVIDER)
    staffing.take_role(membership=held, by=admin, now=NINE, at_once=True)
    dr_bob.user.refresh_from_db()

    assert not reads(dr_bob, note)
    assert answers(dr_bob, note) <= SHUT


# All that leaves the site.


@pytest.mark.parametrize("to", ["", "Dr. Far"], ids=["for herself", "for somebody else"])
def test_no_copy_of_the_record_has_it(settings, kit, dr_bob, to):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_SIMULATOR = "", True
    record.fill(kit, dr_bob)
    recipient = exporting.Recipient(to, "treatment") if to else None

    made = exporting.export(patient=kit, by=kit.user, now=record.OVER, recipient=recipient)

    kept = PsychotherapyNote.objects.get(patient=kit)
    with zipfile.ZipFile(io.BytesIO(made.content)) as file:
        files = {name: file.read(name).decode() for name in file.namelist()}
    hidden = b64encode(kept.body.encode()).decode()
    assert kept.body == f"{CANARY} {record.ALONE}"
    assert [name for name in files if kept.body in files[name] or hidden in files[name]] == []
    assert "psychotherapy notes, kept apart by law" in files["manifest.json"]


@pytest.mark.parametrize("kind", trail_export.Kind)
def test_a_copy_of_the_trail_says_that_there_was_one_and_no_word(
    note, clock, practice, dr_bob, kind
):
    officer = make_member(practice, Role.PRIVACY_OFFICER, "privacy@example.com")
    assert reads(dr_bob, note)
    search = Search(practice, NINE.date(), NINE.date())

    copy = trail_export.export(search, kind, by=officer, now=NINE)

    assert ("care.psychotherapy-note.read" in copy.body, CANARY in copy.body) == (True, False)


def test_what_the_patient_is_told_is_the_same_on_the_page_and_in_her_copy(
    note, clock, sign_in, alice, dr_bob
):
    assert reads(dr_bob, note)
    page = sign_in(alice.user).get(reverse("accounts:access")).content.decode()

    copied, resources, _manifest = record.copy_of(alice, now=NINE)

    for told in (page, copied):
        assert ("Read a private note of their own" in told, CANARY in told) == (True, False)
    assert CANARY not in json.dumps(resources)
    assert AuditEvent.objects.filter(action="care.psychotherapy-note.read").count() == 1


# The database without the keys.


def envelope_of(note):
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM care_psychotherapynote WHERE id = %s", [note.pk])
        return bytes(cursor.fetchone()[0])


def test_it_is_sealed_with_the_authors_key_and_not_the_patients(note, alice, dr_bob):
    envelope = envelope_of(note)

    place = f"care_psychotherapynote|body|{note.pk}"
    as_hers = bytes([sealing.OWNERS]) + envelope[1:17] + envelope[25:]
    assert sealing.name_of(envelope) == KeyName(alice.ref, dr_bob.pk)
    assert sealing.unseal(envelope, place=place) == WORDS.encode()
    with pytest.raises(sealing.Tampered):
        sealing.unseal(as_hers, place=place)


def test_without_the_authors_key_the_patients_opens_nothing_of_it(note, alice, dr_bob, settings):
    (settings.KEYS_DIR / f"{alice.ref}.{dr_bob.pk}.key").unlink()

    with pytest.raises(keystore.NoKey):
        assert PsychotherapyNote.objects.get().body
    assert keystore.key_of(alice.ref)


def moved(envelope, note, other):
    return envelope_of(other)


def one_bit(envelope, note, other):
    return envelope[:-1] + bytes([envelope[-1] ^ 1])


def given_to_another_author(envelope, note, other):
    return envelope[:17] + other.author_id.to_bytes(keystore.AUTHOR_BYTES) + envelope[25:]


def cut(envelope, note, other):
    return envelope[: sealing.OVERHEAD]


@pytest.mark.parametrize("change", [moved, one_bit, given_to_another_author, cut])
def test_one_that_was_moved_or_changed_does_not_open(note, alice, carol, change):
    other = make_psychotherapy_note(alice, carol)
    spoiled = change(envelope_of(note), note, other)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE care_psychotherapynote SET body = %s WHERE id = %s", [spoiled, note.pk]
        )

    with pytest.raises(sealing.Tampered):
        assert PsychotherapyNote.objects.get(pk=note.pk).body
    assert PsychotherapyNote.objects.get(pk=other.pk).body


def test_one_that_was_put_under_another_authors_name_does_not_open_for_her(note, carol):
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE care_psychotherapynote SET author_id = %s", [carol.pk])

    hers = PsychotherapyNote.objects.visible_to(carol.user).get()
    with pytest.raises(sealing.Tampered):
        assert hers.body


@pytest.mark.django_db(transaction=True)
def test_a_dump_has_no_word_of_it(note):
    told = dump("--data-only").lower()

    forms = [WORDS, WORDS.encode().hex(), b64encode(WORDS.encode()).decode().lower()]
    assert str(note.pk) in told
    assert [form for form in forms if form in told] == []


def erase(patient, by):
    erasure.erase(patient=patient, reason="request", by=by, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_after_erasing_the_patient_a_restored_backup_does_not_open_it(
    note, alice, dr_bob, biller, settings
):
    yesterday = dump("--clean", "--if-exists")
    before = PsychotherapyNote.objects.get().body
    erase(alice, by=biller)

    restore(yesterday)

    assert (before, PsychotherapyNote.objects.get().body) == (WORDS, "Erased")
    assert list(settings.KEYS_DIR.glob(f"{alice.ref}*.key")) == []
    assert not reads(dr_bob, note)


@pytest.mark.django_db(transaction=True)
def test_nor_one_that_was_written_after_the_backup_by_which_she_was_erased(alice, dr_bob, biller):
    """The key goes by the patient's name: what erases need not know that there is a note."""
    before_it = dump("--clean", "--if-exists")
    make_psychotherapy_note(alice, dr_bob, body=WORDS)
    with_it = dump("--clean", "--if-exists")
    restore(before_it)
    erase(alice, by=biller)

    restore(with_it)

    assert PsychotherapyNote.objects.get().body == "Erased"


def test_a_legal_hold_keeps_it_from_being_erased(note, alice, biller):
    holds.place(patient=alice, reason="A suit", by=biller, now=NOW)

    with pytest.raises(erasure.OnHold):
        erase(alice, by=biller)
    assert PsychotherapyNote.objects.get().body == WORDS


def test_rotating_the_keys_wraps_the_authors_anew(settings, tmp_path, practice, dr_bob):
    old, new = keyring.generate("2026"), keyring.generate("2027")
    settings.KEYS_DIR, settings.KEY_WRAPPER = tmp_path / "keys", keyring.parse(old)
    patient = make_patient(practice, "Ann Doe")
    make_psychotherapy_note(patient, dr_bob, body=WORDS)
    settings.KEY_WRAPPER = keyring.parse(f"{new},{old}")

    call_command("rotate_keys", verbosity=0)

    settings.KEY_WRAPPER = keyring.parse(new)  # the old key has left
    versions = {path.read_bytes()[:4] for path in settings.KEYS_DIR.glob("*.key")}
    assert versions == {b"2027"}
    assert PsychotherapyNote.objects.get().body == WORDS


# Who may know of it: a new use of the model is red here until somebody has thought about it.

KNOW_OF_IT = {
    "care/models.py",  # hands it on, for Django
    "care/psychotherapy.py",
    "care/psychotherapy_note_forms.py",
    "care/psychotherapy_note_views.py",
    "care/psychotherapy_notes.py",
    "care/triggers.py",
    "telehealth/record/shapes.py",  # leaves it out
}
NAMES = ("PsychotherapyNote", "care_psychotherapynote")


def test_no_other_code_asks_for_it():
    modules = [name for name in ours(".py") if "/migrations/" not in name]

    knowing = {name for name in modules if any(word in text(name) for word in NAMES)}
    ways = {name for name in modules if "psychotherapy_notes" in text(name)} - knowing

    assert knowing == KNOW_OF_IT
    assert ways == {"care/urls.py", "telehealth/shell.py"}  # to the pages
