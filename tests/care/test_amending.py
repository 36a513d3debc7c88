"""Asking for a change of the record, and the answer in writing (45 CFR 164.526)."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import Membership
from care import amending, notes
from care.models import Addendum, AmendmentRequest, AmendmentStep
from core.models import AuditEvent
from tests.factories import NINE, end_all_care, make_member, make_practice
from tests.threads import at_once

OVER = NINE + timedelta(minutes=55)
DAY = timedelta(days=1)
OWN, BOARD = reverse("care:amendments"), reverse("care:amendment_board")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(OVER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def signed(note, dr_bob):
    return notes.sign(note=note, body="Slept badly.", by=dr_bob.user, now=OVER)


@pytest.fixture
def asked(alice, signed):
    return ask(alice, signed)


@pytest.fixture
def officer(practice):
    return make_member(practice, Membership.Role.PRIVACY_OFFICER, "privacy@example.com")


def ask(patient, note=None):
    said = {"change": "I slept well.", "reason": "I said so."}
    return amending.ask(patient=patient, note=note, by=patient.user, now=OVER, **said)


def fresh(request):
    return AmendmentRequest.objects.with_steps().get(pk=request.pk)


# The deeds


def test_what_is_accepted_becomes_an_addendum_and_the_note_stays(asked, signed, dr_bob):
    amending.accept(request=asked, words="She slept well.", by=dr_bob.user, now=OVER + DAY)

    added = Addendum.objects.get()
    signed.refresh_from_db()
    assert (added.note, added.author, added.body) == (signed, dr_bob.user, "She slept well.")
    assert (signed.body, fresh(asked).decision.kind) == ("Slept badly.", "accepted")


def test_where_no_note_is_named_the_answer_is_all_there_is(alice, officer):
    request = ask(alice)

    amending.accept(request=request, words="Changed.", by=officer, now=OVER)

    assert (fresh(request).decision.words, Addendum.objects.count()) == ("Changed.", 0)


def test_a_denial_can_be_disagreed_with_once(asked, alice, dr_bob):
    amending.deny(request=asked, words="It is as you said.", by=dr_bob.user, now=OVER)

    amending.disagree(request=asked, words="It is not.", by=alice.user, now=OVER + DAY)

    assert fresh(asked).disagreement.words == "It is not."
    with pytest.raises(amending.Decided):
        amending.disagree(request=asked, words="Never.", by=alice.user, now=OVER + DAY)


def test_without_a_denial_there_is_nothing_to_disagree_with(asked, alice, dr_bob):
    with pytest.raises(amending.NotDenied):
        amending.disagree(request=asked, words="No.", by=alice.user, now=OVER)
    amending.accept(request=asked, words="Yes.", by=dr_bob.user, now=OVER)
    with pytest.raises(amending.NotDenied):
        amending.disagree(request=asked, words="No.", by=alice.user, now=OVER)


def test_an_answer_is_due_in_sixty_days_and_thirty_more_once(asked, dr_bob):
    before = fresh(asked).due_at

    amending.extend(request=asked, words="I am away.", by=dr_bob.user, now=OVER)

    assert (before, fresh(asked).due_at) == (OVER + 60 * DAY, OVER + 90 * DAY)
    with pytest.raises(amending.Decided):
        amending.extend(request=asked, words="Still away.", by=dr_bob.user, now=OVER)


@pytest.mark.parametrize("deed", [amending.accept, amending.deny, amending.extend])
def test_what_is_decided_stays_decided(asked, dr_bob, deed):
    amending.deny(request=asked, words="No.", by=dr_bob.user, now=OVER)

    with pytest.raises(amending.Decided):
        deed(request=asked, words="Yes.", by=dr_bob.user, now=OVER)

    assert [step.words for step in fresh(asked).steps.all()] == ["No."]
    assert Addendum.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_does(asked, dr_bob):
    deeds = [amending.accept, amending.deny]

    def answer(number):
        return deeds[number](request=asked, words="Words.", by=dr_bob.user, now=OVER)

    names = sorted(type(one).__name__ for one in at_once(2, answer))
    assert names == ["Decided", "NoneType"]
    assert AmendmentStep.objects.count() == 1


def test_every_step_is_on_the_trail_of_the_patient(asked, alice, dr_bob):
    amending.extend(request=asked, words="Away.", by=dr_bob.user, now=OVER)
    amending.deny(request=asked, words="No.", by=dr_bob.user, now=OVER)
    amending.disagree(request=asked, words="Yes.", by=alice.user, now=OVER)

    events = AuditEvent.objects.filter(action__startswith="amendment").order_by("pk")
    assert [event.action for event in events] == [
        "amendment.asked",
        "amendment.extended",
        "amendment.denied",
        "amendment.disagreed",
    ]
    assert {event.patient_id for event in events} == {alice.pk}


def test_nobody_asks_about_a_note_of_another_or_a_draft(mallory, alice, note, dr_bob):
    with pytest.raises(amending.NotHers):
        ask(alice, note)  # not signed yet
    signed = notes.sign(note=note, body="Slept.", by=dr_bob.user, now=OVER)
    with pytest.raises(amending.NotHers):
        ask(mallory, signed)


# The database


@pytest.mark.parametrize("table", ["care_amendmentrequest", "care_amendmentstep", "care_addendum"])
def test_nothing_of_it_can_be_removed(asked, dr_bob, table):
    amending.accept(request=asked, words="Yes.", by=dr_bob.user, now=OVER)

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("field", ["change", "reason"])
def test_a_request_says_what_and_why(alice, field):
    said = {"change": "A", "reason": "B", field: ""}

    with (
        pytest.raises(IntegrityError, match="amendment_says_what_and_why"),
        transaction.atomic(),
    ):
        AmendmentRequest.objects.create(patient=alice, asked_at=OVER, **said)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"words": ""}, "amendment_step_has_words"),
        ({"words": "\u200b"}, "amendment_step_has_words"),
        ({"kind": "pondered"}, "amendment_step_known"),
        ({"kind": "denied"}, "amendment_step_once"),
        ({"kind": "accepted"}, "amendment_decided_once"),
    ],
)
def test_the_database_refuses_a_step(asked, dr_bob, fields, constraint):
    amending.deny(request=asked, words="No.", by=dr_bob.user, now=OVER)
    values = {"kind": "extended", "words": "A", "at": OVER, "by": dr_bob.user}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AmendmentStep.objects.create(request=asked, **values | fields)


def test_an_addendum_has_words(asked, signed, dr_bob):
    values = {"note": signed, "request": asked, "author": dr_bob.user, "written_at": OVER}

    with pytest.raises(IntegrityError, match="addendum_has_words"), transaction.atomic():
        Addendum.objects.create(body="", **values)


# The pages


def test_the_story_of_a_denial(sign_in, alice, dr_bob, signed):
    hers, his = sign_in(alice.user), sign_in(dr_bob.user)
    said = {"note": str(signed.pk), "change": "I slept well.", "reason": "I said so."}
    hers.post(OWN, said)
    request = AmendmentRequest.objects.get()
    page = reverse("care:amendment", args=[request.pk])
    board = his.get(BOARD).content.decode()

    his.post(page, {"deed": "deny", "words": "It is as you said."})

    denied = hers.get(OWN).content.decode()
    statement = {"words": "It is not."}
    hers.post(reverse("care:create_disagreement", args=[request.pk]), statement)
    after = hers.get(OWN).content.decode()
    assert page in board
    assert page not in his.get(BOARD).content.decode()
    assert "It is as you said." in denied
    assert "Write a statement of disagreement." in denied
    assert "Office for Civil Rights" in denied
    assert ("It is not." in after, "Add my statement" in after) == (True, False)


def test_the_addendum_stands_under_the_note(sign_in, dr_bob, visit, asked):
    his = sign_in(dr_bob.user)

    answered = {"deed": "accept", "words": "She slept well."}
    his.post(reverse("care:amendment", args=[asked.pk]), answered)

    page = his.get(reverse("care:note", args=[visit.pk])).content.decode()
    assert ("Slept badly." in page, "She slept well." in page) == (True, True)


def test_the_board_puts_the_most_urgent_first_and_names_what_is_overdue(
    sign_in, alice, officer, asked, clock
):
    clock.move_to(OVER + 30 * DAY)
    said = {"change": "A", "reason": "B"}
    later = amending.ask(patient=alice, note=None, by=alice.user, now=OVER + 30 * DAY, **said)
    clock.move_to(OVER + 60 * DAY)

    answer = sign_in(officer).get(BOARD)

    assert [one.pk for one in answer.context["requests"]] == [asked.pk, later.pk]
    assert answer.content.decode().count(">Overdue<") == 1


def test_the_author_answers_though_her_care_has_ended(sign_in, dr_bob, asked):
    end_all_care()

    answer = sign_in(dr_bob.user).get(reverse("care:amendment", args=[asked.pk]))

    assert answer.status_code == 200


def test_the_board_holds_what_is_extended_and_not_what_is_decided(alice, officer, asked):
    decided, extended = ask(alice), ask(alice)
    amending.deny(request=decided, words="No.", by=officer, now=OVER)
    amending.extend(request=extended, words="Away.", by=officer, now=OVER)

    waiting = AmendmentRequest.objects.answered_by(officer).waiting()

    assert set(waiting) == {asked, extended}


@pytest.mark.parametrize("role", [None, Membership.Role.BILLING])
def test_an_author_who_does_not_work_there_as_one_any_more_does_not_answer(dr_bob, asked, role):
    dr_bob.user.memberships.all().delete()
    if role:
        Membership.objects.create(user=dr_bob.user, practice=dr_bob.practice, role=role)

    assert list(AmendmentRequest.objects.answered_by(dr_bob.user)) == []


def test_an_author_who_has_gone_to_another_practice_does_not_answer(dr_bob, carol, asked):
    dr_bob.user.memberships.all().delete()
    dr_bob.user.memberships.create(practice=make_practice(name="Elsewhere"), role="provider")

    assert list(AmendmentRequest.objects.answered_by(dr_bob.user)) == []


def test_another_therapist_does_not_answer(sign_in, carol, asked):
    answer = sign_in(carol.user).get(reverse("care:amendment", args=[asked.pk]))

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "more", [{"change": ""}, {"reason": ""}, {"note": "x"}, {"change": "x" * 2001}]
)
def test_a_request_that_is_not_right_is_not_sent(sign_in, alice, more):
    said = {"note": "", "change": "A", "reason": "B"}

    answer = sign_in(alice.user).post(OWN, said | more)

    assert (answer.status_code, AmendmentRequest.objects.count()) == (422, 0)


def test_sent_twice_it_is_one_request(sign_in, alice):
    client = sign_in(alice.user)
    said = {"change": "The date", "reason": "It is wrong", "request_id": str(uuid4())}

    for _ in range(2):
        client.post(reverse("care:amendments"), said)

    assert AmendmentRequest.objects.count() == 1


def test_a_note_of_another_is_no_choice(sign_in, mallory, signed):
    said = {"note": str(signed.pk), "change": "A", "reason": "B"}

    answer = sign_in(mallory.user).post(OWN, said)

    assert (answer.status_code, AmendmentRequest.objects.count()) == (422, 0)


@pytest.mark.parametrize("more", [{"words": ""}, {"deed": ""}, {"deed": "ponder"}])
def test_an_answer_that_is_not_right_is_not_kept(sign_in, dr_bob, asked, more):
    answered = {"deed": "deny", "words": "No."} | more

    answer = sign_in(dr_bob.user).post(reverse("care:amendment", args=[asked.pk]), answered)

    assert (answer.status_code, AmendmentStep.objects.count()) == (422, 0)


def test_who_answers_second_is_told(sign_in, dr_bob, officer, asked):
    amending.deny(request=asked, words="No.", by=officer, now=OVER)

    answered = {"deed": "accept", "words": "Yes."}
    answer = sign_in(dr_bob.user).post(reverse("care:amendment", args=[asked.pk]), answered)

    assert (answer.status_code, AmendmentStep.objects.count()) == (409, 1)
    assert "Somebody has answered this in the meantime." in answer.content.decode()


def test_a_statement_needs_words_and_a_denial(sign_in, alice, dr_bob, asked):
    hers, address = sign_in(alice.user), reverse("care:create_disagreement", args=[asked.pk])
    too_early = hers.post(address, {"words": "No."}, follow=True)
    amending.deny(request=asked, words="No.", by=dr_bob.user, now=OVER)

    empty = hers.post(address, {"words": ""})

    assert "There is no denial" in too_early.content.decode()
    assert (empty.status_code, AmendmentStep.objects.count()) == (422, 1)
    assert "Write your statement" in empty.content.decode()
