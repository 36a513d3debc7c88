from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from messaging import threads
from messaging.models import Thread
from tests.factories import NOW, end_all_care, make_visit


@pytest.mark.parametrize("status", ["booked", "arrived", "fulfilled", "noshow", "cancelled"])
def test_two_who_have_a_visit_can_write(dr_bob, alice, status):
    times = {"arrived_at": NOW, "cancelled_at": NOW}
    fields = {k: v for k, v in times.items() if k == f"{status}_at"}
    if status == "fulfilled":
        fields["arrived_at"] = NOW
    make_visit(dr_bob, alice, status=status, **fields)

    thread = threads.open_thread(patient=alice, provider=dr_bob, now=NOW)

    assert (thread.patient, thread.provider, thread.opened_at) == (alice, dr_bob, NOW)


def test_two_without_a_visit_cannot_write(dr_bob, alice):
    with pytest.raises(threads.NotTogether):
        threads.open_thread(patient=alice, provider=dr_bob, now=NOW)


def test_a_hold_is_not_a_visit_yet(dr_bob, alice):
    until = NOW + timedelta(minutes=10)
    hold = make_visit(
        dr_bob, alice, status="held", holder="secret", held_until=until, booked_at=None
    )

    with pytest.raises(threads.NotTogether):
        threads.open_thread(patient=alice, provider=dr_bob, now=NOW)
    with pytest.raises(threads.NotTogether):
        threads.open_for(hold, now=NOW)


def test_two_people_have_one_thread(visit):
    first = threads.open_for(visit, now=NOW)

    second = threads.open_for(visit, now=NOW + timedelta(days=1))

    assert (second, Thread.objects.count()) == (first, 1)


def test_the_database_refuses_a_second_thread(visit):
    first = threads.open_for(visit, now=NOW)

    with pytest.raises(IntegrityError, match="thread_once"), transaction.atomic():
        Thread.objects.create(patient=first.patient, provider=first.provider, opened_at=NOW)


def test_a_person_with_two_visits_is_offered_once_and_no_more_when_opened(dr_bob, alice, visit):
    again = make_visit(dr_bob, alice, starts_at=visit.starts_at + timedelta(days=7))

    before = list(threads.unopened(dr_bob.user))
    threads.open_for(visit, now=NOW)

    assert (before, list(threads.unopened(dr_bob.user))) == ([again], [])


@pytest.fixture
def ended(visit):
    end_all_care()


def test_after_the_end_of_care_the_patient_alone_has_the_thread(visit, alice, dr_bob):
    thread = threads.open_for(visit, now=NOW)
    end_all_care()

    seen = {who: list(Thread.objects.visible_to(who.user)) for who in (alice, dr_bob)}

    assert seen == {alice: [thread], dr_bob: []}


def test_after_the_end_of_care_nobody_is_offered_a_new_thread(visit, ended, alice, dr_bob):
    assert [list(threads.unopened(who.user)) for who in (alice, dr_bob)] == [[], []]
    with pytest.raises(threads.NotTogether):
        threads.open_for(visit, now=NOW)
