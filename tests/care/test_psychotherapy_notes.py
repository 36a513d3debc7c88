"""What a therapist keeps for herself: written in care, kept as it is, destroyed by her alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from accounts import erasure, holds
from accounts.models import Membership
from care import psychotherapy_notes
from care.models import PsychotherapyNote
from core import keystore
from core.models import AuditEvent
from tests.factories import (
    NINE,
    NOW,
    end_all_care,
    make_care,
    make_member,
    make_practice,
    make_provider,
    make_psychotherapy_note,
)
from tests.threads import at_once

WORDS = "She reminds me of my brother."


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def in_care(alice, dr_bob):
    return make_care(alice, dr_bob)


def write(patient, author, body=WORDS, note_id=None):
    return psychotherapy_notes.write(
        patient=patient, body=body, note_id=note_id or uuid4(), by=author.user, now=NOW
    )


def destroy(note, by):
    psychotherapy_notes.destroy(note=note, by=by.user, now=NINE)


def reached(user):
    return list(PsychotherapyNote.objects.visible_to(user))


def on_the_trail():
    found = AuditEvent.objects.filter(action__startswith="psychotherapy-note.")
    return list(found.order_by("pk").values_list("action", "by_id", "patient_id", "subject_id"))


def test_a_note_is_kept_and_is_on_the_trail(in_care, alice, dr_bob):
    note = write(alice, dr_bob)

    kept = PsychotherapyNote.objects.get()
    assert (kept.patient, kept.author, kept.body, kept.written_at) == (alice, dr_bob, WORDS, NOW)
    assert on_the_trail() == [
        ("psychotherapy-note.written", dr_bob.user.pk, alice.pk, str(note.pk))
    ]


def test_sent_twice_it_is_kept_once(in_care, alice, dr_bob):
    note_id = uuid4()

    first, second = (write(alice, dr_bob, note_id=note_id) for _ in range(2))

    assert first == second
    assert (PsychotherapyNote.objects.count(), len(on_the_trail())) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_kept_once(in_care, alice, dr_bob):
    note_id = uuid4()

    kept = at_once(2, lambda _: write(alice, dr_bob, note_id=note_id).pk)

    assert set(kept) == {note_id}
    assert PsychotherapyNote.objects.count() == 1


def test_an_id_that_stands_for_other_words_is_refused(in_care, alice, dr_bob):
    note = write(alice, dr_bob)

    with pytest.raises(psychotherapy_notes.IdTaken):
        write(alice, dr_bob, body="Other words", note_id=note.pk)


def test_an_id_of_somebody_elses_note_is_refused_though_the_words_are_the_same(
    in_care, alice, dr_bob, carol
):
    note = write(alice, dr_bob)
    make_care(alice, carol)

    with pytest.raises(psychotherapy_notes.IdTaken):
        write(alice, carol, note_id=note.pk)


@pytest.mark.parametrize("role", ["supervising", "peer"])
def test_who_does_not_treat_writes_none(alice, carol, role):
    make_care(alice, carol, role)

    with pytest.raises(psychotherapy_notes.NotInCare):
        write(alice, carol)


def test_who_stands_in_writes_her_own(in_care, alice, dr_bob, carol):
    make_care(alice, carol, "covering")

    note = write(alice, carol)

    assert (reached(carol.user), reached(dr_bob.user)) == ([note], [])


def test_after_the_end_of_care_none_is_begun_and_the_old_stay_hers(in_care, alice, dr_bob):
    note = write(alice, dr_bob)
    end_all_care()

    with pytest.raises(psychotherapy_notes.NotInCare):
        write(alice, dr_bob)
    assert reached(dr_bob.user) == [note]


def test_the_list_says_of_whom_the_name_may_be_shown(in_care, alice, kit, dr_bob):
    make_care(kit, dr_bob)
    write(kit, dr_bob)
    make_psychotherapy_note(alice, dr_bob, written_at=NINE)
    in_care.ends_at, in_care.end_reason = NOW, "completed"
    in_care.save()

    found = PsychotherapyNote.objects.visible_to(dr_bob.user).with_care_of(dr_bob.user)

    assert [(note.patient, note.is_in_care) for note in found] == [(alice, False), (kit, True)]


def test_without_her_role_in_the_practice_she_reaches_none_and_with_it_again(
    in_care, alice, dr_bob
):
    note = write(alice, dr_bob)
    held = Membership.objects.get(user=dr_bob.user)
    held.role = Membership.Role.BILLING
    held.save()
    without = reached(dr_bob.user)

    held.role = Membership.Role.PROVIDER
    held.save()

    assert (without, reached(dr_bob.user)) == ([], [note])


def test_a_role_in_another_practice_opens_none_of_this(in_care, alice, dr_bob):
    write(alice, dr_bob)
    Membership.objects.filter(user=dr_bob.user).delete()
    Membership.objects.create(user=dr_bob.user, practice=make_practice(), role="provider")

    assert reached(dr_bob.user) == []


def test_her_own_note_she_destroys_and_that_stays_on_the_trail(in_care, alice, dr_bob):
    known_as = str(write(alice, dr_bob).pk)

    destroy(PsychotherapyNote.objects.get(), dr_bob)

    assert PsychotherapyNote.objects.count() == 0
    who = (dr_bob.user.pk, alice.pk, known_as)
    assert on_the_trail()[-1] == ("psychotherapy-note.destroyed", *who)


def test_also_after_the_end_of_care(in_care, alice, dr_bob):
    note = write(alice, dr_bob)
    end_all_care()

    destroy(note, dr_bob)

    assert PsychotherapyNote.objects.count() == 0


def test_nobody_else_destroys_it(in_care, alice, dr_bob, carol):
    note = write(alice, dr_bob)
    make_care(alice, carol)

    with pytest.raises(psychotherapy_notes.DestroyedAlready):
        destroy(note, carol)
    assert PsychotherapyNote.objects.count() == 1


def test_destroyed_in_another_window_it_is_said(in_care, alice, dr_bob):
    note = write(alice, dr_bob)
    destroy(PsychotherapyNote.objects.get(), dr_bob)

    with pytest.raises(psychotherapy_notes.DestroyedAlready):
        destroy(note, dr_bob)
    assert len(on_the_trail()) == 2


def test_under_a_legal_hold_it_is_not_destroyed_until_the_hold_is_lifted(
    in_care, alice, dr_bob, biller
):
    note = write(alice, dr_bob)
    holds.place(patient=alice, reason="A suit", by=biller, now=NOW)
    with pytest.raises(psychotherapy_notes.OnHold):
        destroy(note, dr_bob)
    kept = PsychotherapyNote.objects.get().body
    holds.lift(patient=alice, by=biller, now=NOW)

    destroy(note, dr_bob)

    assert (kept, PsychotherapyNote.objects.count()) == (WORDS, 0)


def test_after_one_is_destroyed_others_can_be_written(in_care, alice, dr_bob):
    destroy(write(alice, dr_bob), dr_bob)

    assert write(alice, dr_bob).body == WORDS


def test_a_form_that_is_sent_again_does_not_bring_a_destroyed_one_back(in_care, alice, dr_bob):
    note = write(alice, dr_bob)
    destroy(PsychotherapyNote.objects.get(), dr_bob)

    with pytest.raises(psychotherapy_notes.DestroyedAlready):
        write(alice, dr_bob, note_id=note.pk)
    assert PsychotherapyNote.objects.count() == 0


def test_about_nobody_nothing_is_written(in_care, alice, dr_bob, biller):
    erasure.erase(patient=alice, reason="request", by=biller, now=NOW)

    with pytest.raises(keystore.Erased):
        write(alice, dr_bob)


def test_where_a_key_was_lost_no_second_one_is_made(in_care, alice, dr_bob, settings):
    """Two keys for one author would leave notes that open and notes that do not."""
    write(alice, dr_bob)
    key = settings.KEYS_DIR / f"{alice.ref}.{dr_bob.pk}.key"
    kept = key.read_bytes()
    key.unlink()

    with pytest.raises(keystore.NoKey):
        write(alice, dr_bob)
    key.write_bytes(kept)
    assert PsychotherapyNote.objects.get().body == WORDS


def execute(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("change", ["written_at = now()", "body = '\\x00'", "id = id"])
def test_the_database_keeps_a_note_as_it_was_written(in_care, alice, dr_bob, change):
    write(alice, dr_bob)

    with pytest.raises(IntegrityError, match="append-only"):
        execute(f"UPDATE care_psychotherapynote SET {change}")


def test_the_database_removes_none_under_a_legal_hold(in_care, alice, mallory, dr_bob, biller):
    held, free = write(alice, dr_bob), make_psychotherapy_note(mallory, dr_bob)
    holds.place(patient=alice, reason="A suit", by=biller, now=NOW)

    with pytest.raises(IntegrityError, match="legal hold"):
        execute("DELETE FROM care_psychotherapynote WHERE id = %s", held.pk)
    execute("DELETE FROM care_psychotherapynote WHERE id = %s", free.pk)
    assert PsychotherapyNote.objects.get() == held


@pytest.mark.parametrize("body", ["", " \n", "\u200b"])
def test_the_database_refuses_a_note_without_words(alice, dr_bob, body):
    with (
        pytest.raises(IntegrityError, match="psychotherapy_note_has_words"),
        transaction.atomic(),
    ):
        make_psychotherapy_note(alice, dr_bob, body=body)


def test_the_database_refuses_an_author_of_another_practice(alice):
    far = make_provider(make_practice(name="Elsewhere"), "Dora Far")

    with (
        pytest.raises(IntegrityError, match="author_id is of another practice"),
        transaction.atomic(),
    ):
        make_psychotherapy_note(alice, far)


def test_a_member_elsewhere_who_is_in_care_here_has_no_profile_to_write_under(alice):
    """Her profile is of another practice, so that a note of hers would be of two."""
    far = make_provider(make_practice(name="Elsewhere"), "Dora Far")
    Membership.objects.create(user=far.user, practice=alice.practice, role="provider")
    make_care(alice, far)

    with pytest.raises(psychotherapy_notes.NotInCare):
        write(alice, far)


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(microseconds=-1)])
def test_care_that_ends_at_this_moment_is_over(in_care, alice, dr_bob, offset):
    in_care.ends_at, in_care.end_reason = NOW + offset, "completed"
    in_care.save()

    with pytest.raises(psychotherapy_notes.NotInCare):
        write(alice, dr_bob)


def test_staff_and_patients_reach_none(in_care, alice, dr_bob, practice):
    write(alice, dr_bob)
    staff = [make_member(practice, role, f"{role}@example.com") for role in Membership.Role.values]

    assert [person for person in [*staff, alice.user] if reached(person)] == []


def test_the_care_of_another_patient_does_not_tell_who_this_one_is(alice, mallory, dr_bob):
    note = make_psychotherapy_note(alice, dr_bob)
    make_care(mallory, dr_bob)

    [found] = PsychotherapyNote.objects.filter(pk=note.pk).with_care_of(dr_bob.user)

    assert found.is_in_care is False
