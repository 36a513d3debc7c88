import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from appointments import attendance
from appointments.models import InvalidTransition
from care import notes
from care.models import Encounter, ProgressNote
from core.fields import Sealed
from core.models import AuditEvent
from tests.factories import NINE, NOW, make_visit
from tests.threads import at_once

SOON = NINE + timedelta(minutes=49)  # the visit is booked until 9:50
OVER = NINE + timedelta(minutes=51)
SEALED, BLANK = Sealed(b"other"), Sealed(b"")  # what a column can be set to


def test_opening_a_note_opens_the_encounter(held_visit, dr_bob):
    note = notes.open_note(appointment=held_visit, by=dr_bob.user, now=SOON)

    encounter = Encounter.objects.get()
    assert (encounter.appointment, encounter.opened_at) == (held_visit, SOON)
    assert (note.encounter, note.author, note.body, note.is_signed) == (
        encounter,
        dr_bob,
        "",
        False,
    )


def test_a_note_opened_twice_is_one(note, held_visit, dr_bob):
    assert notes.open_note(appointment=held_visit, by=dr_bob.user, now=OVER) == note


def test_an_arrival_is_enough_to_begin_a_note(visit, dr_bob):
    attendance.record_arrival(appointment=visit, now=NINE)

    note = notes.open_note(appointment=visit, by=dr_bob.user, now=NINE)

    assert note.encounter.appointment == visit


@pytest.mark.parametrize(
    "fields", [{}, {"status": "noshow"}, {"status": "cancelled", "cancelled_at": NOW}]
)
def test_a_visit_to_which_nobody_came_has_no_note(dr_bob, alice, fields):
    visit = make_visit(dr_bob, alice, **fields)

    with pytest.raises(notes.NotArrived):
        notes.open_note(appointment=visit, by=dr_bob.user, now=OVER)


@pytest.mark.parametrize("person", ["alice", "carol", "mallory"])
def test_only_the_provider_of_the_visit_opens_its_note(held_visit, person, request):
    with pytest.raises(notes.NotTheProvider):
        notes.open_note(appointment=held_visit, by=request.getfixturevalue(person).user, now=SOON)


@pytest.mark.parametrize("deed", [notes.save, notes.sign])
def test_only_the_author_writes_and_signs(note, carol, deed):
    with pytest.raises(notes.NotTheProvider):
        deed(note=note, body="Mine", by=carol.user, now=SOON)


def test_saving_keeps_the_words_and_counts(note, dr_bob):
    kept = notes.save(note=note, body="Slept better.", by=dr_bob.user, now=SOON)

    note.refresh_from_db()
    assert (note.body, note.saved_at, note.revision) == ("Slept better.", SOON, 1)
    assert kept == note


def test_saving_the_same_words_changes_nothing(note, dr_bob):
    notes.save(note=note, body="Slept better.", by=dr_bob.user, now=SOON)

    again = notes.save(note=note, body="Slept better.", by=dr_bob.user, now=OVER, revision=0)

    assert (again.saved_at, again.revision) == (SOON, 1)


def test_an_old_copy_does_not_overwrite_a_newer_one(note, dr_bob):
    notes.save(note=note, body="In one window", by=dr_bob.user, now=SOON, revision=0)

    with pytest.raises(notes.ChangedElsewhere) as change:
        notes.save(note=note, body="In another", by=dr_bob.user, now=SOON, revision=0)

    note.refresh_from_db()
    assert (note.body, change.value.newest.body) == ("In one window", "In one window")


def test_an_old_copy_is_not_signed_either(note, dr_bob):
    notes.save(note=note, body="In one window", by=dr_bob.user, now=SOON, revision=0)

    with pytest.raises(notes.ChangedElsewhere):
        notes.sign(note=note, body="In another", by=dr_bob.user, now=OVER, revision=0)


def test_signing_seals_the_words_and_completes_the_visit(note, held_visit, dr_bob):
    words = "Slept better. Plan: keep the diary."

    notes.sign(note=note, body=words, by=dr_bob.user, now=OVER)

    note.refresh_from_db()
    held_visit.refresh_from_db()
    assert (note.body, note.signed_at) == (words, OVER)
    assert note.sha256 == hashlib.sha256(words.encode()).hexdigest()
    assert held_visit.status == "fulfilled"


def test_signing_twice_has_one_effect(note, dr_bob):
    for at in (OVER, OVER + timedelta(minutes=1)):
        notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=at)

    note.refresh_from_db()
    signatures = AuditEvent.objects.filter(action="note.signed").count()
    assert (note.signed_at, signatures) == (OVER, 1)


@pytest.mark.parametrize("deed", [notes.save, notes.sign])
def test_a_signed_note_takes_no_other_words(note, dr_bob, deed):
    notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=OVER)

    with pytest.raises(notes.AlreadySigned):
        deed(note=note, body="Slept worse.", by=dr_bob.user, now=OVER)


@pytest.mark.parametrize("body", ["", " \n\t "])
def test_an_empty_note_is_not_signed(note, dr_bob, body):
    with pytest.raises(notes.NothingToSign):
        notes.sign(note=note, body=body, by=dr_bob.user, now=OVER)


def test_a_visit_that_may_still_go_on_is_not_signed_away(visit, dr_bob):
    attendance.record_arrival(appointment=visit, now=NINE)
    note = notes.open_note(appointment=visit, by=dr_bob.user, now=NINE)

    with pytest.raises(notes.NotOver):
        notes.sign(note=note, body="Too soon", by=dr_bob.user, now=SOON)

    note.refresh_from_db()
    assert (note.body, note.is_signed) == ("", False)


def test_a_visit_whose_time_is_over_can_be_signed_without_a_meeting(visit, dr_bob):
    attendance.record_arrival(appointment=visit, now=NINE)
    note = notes.open_note(appointment=visit, by=dr_bob.user, now=NINE)

    assert notes.sign(note=note, body="We spoke by phone.", by=dr_bob.user, now=OVER).is_signed


def test_a_visit_that_cannot_be_completed_leaves_the_note_unsigned(note, held_visit, dr_bob):
    held_visit.cancel(by=dr_bob.user, now=OVER)

    with pytest.raises(InvalidTransition):
        notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=OVER)

    note.refresh_from_db()
    assert note.is_signed is False


def test_each_deed_leaves_ids_in_the_audit_trail(note, held_visit, alice, dr_bob):
    notes.save(note=note, body="Slept", by=dr_bob.user, now=SOON)
    notes.open_note(appointment=held_visit, by=dr_bob.user, now=SOON)
    notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=OVER)

    events = AuditEvent.objects.filter(subject_type="care.progressnote").order_by("id")
    assert [event.action for event in events] == [
        *["note.opened", "note.saved", "note.read", "note.saved", "note.signed"]
    ]
    assert {(e.by_id, e.patient_id) for e in events} == {(dr_bob.user.pk, alice.pk)}


@pytest.mark.parametrize("change", [{"body": SEALED}, {"signed_at": None, "sha256": BLANK}])
def test_the_database_refuses_to_change_a_signed_note(note, dr_bob, change):
    notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=OVER)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ProgressNote.objects.update(**change)


def test_the_database_refuses_to_delete_a_signed_note(note, dr_bob):
    notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=OVER)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ProgressNote.objects.all().delete()


@pytest.mark.parametrize(
    "fields",
    [
        {"signed_at": OVER},
        {"sha256": SEALED},
        {"signed_at": OVER, "sha256": SEALED, "body": BLANK},
    ],
)
def test_the_database_refuses_half_a_signature(note, fields):
    with pytest.raises(IntegrityError, match="note_signed"), transaction.atomic():
        ProgressNote.objects.update(**fields)


@pytest.mark.django_db(transaction=True)
def test_of_two_windows_that_save_at_once_one_hears_of_the_other(note, dr_bob):
    def save(number):
        notes.save(note=note, body=f"Window {number}", by=dr_bob.user, now=SOON, revision=0)
        return "saved"

    outcomes = at_once(2, save)

    assert sorted(str(type(o)) if o != "saved" else o for o in outcomes) == [
        str(notes.ChangedElsewhere),
        "saved",
    ]
