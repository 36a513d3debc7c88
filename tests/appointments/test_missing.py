"""A visit that did not take place: nobody came, or it could not be held."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from accounts.models import Membership, User
from appointments import attendance, booking, missing
from appointments.missing import TooSoon, record_failure, record_noshow
from appointments.models import Appointment, InvalidTransition
from core.models import AuditEvent
from sessions import opening
from sessions.models import VideoSession
from tests.appointments.test_views import text, url
from tests.billing.steps import do
from tests.factories import HOUR, NINE, NOW, make_member, make_practice, make_visit
from tests.threads import at_once

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
LATE = NINE + 15 * MINUTE


@pytest.fixture
def front(practice):
    return make_member(practice, Membership.Role.FRONT_DESK, "front@example.com")


@pytest.fixture
def clock():
    with time_machine.travel(LATE, tick=False) as traveller:
        yield traveller


def anew(visit):
    return Appointment.objects.get(pk=visit.pk)


def arrive(visit, *, now=NINE):
    attendance.record_arrival(appointment=anew(visit), now=now)


# Nobody came


def test_that_nobody_came_is_recorded_with_who_and_when(visit, dr_bob):
    record_noshow(appointment=visit, by=dr_bob.user, now=LATE)

    seen = anew(visit)
    event = AuditEvent.objects.get(action="appointment.missed")
    assert (seen.status, seen.noshow_at, seen.noshow_by) == ("noshow", LATE, dr_bob.user)
    assert (event.by_id, event.patient_id) == (dr_bob.user.pk, visit.patient_id)


@pytest.mark.parametrize("now", [NOW, NINE, LATE - SECOND])
def test_it_is_too_soon_while_she_may_still_come(visit, dr_bob, now):
    with pytest.raises(TooSoon):
        record_noshow(appointment=visit, by=dr_bob.user, now=now)

    assert anew(visit).status == "booked"


def test_recorded_twice_it_is_done_once(visit, dr_bob, front):
    record_noshow(appointment=visit, by=dr_bob.user, now=LATE)
    record_noshow(appointment=visit, by=front, now=LATE + MINUTE)

    assert anew(visit).noshow_by == dr_bob.user
    assert AuditEvent.objects.filter(action="appointment.missed").count() == 1


def test_who_has_arrived_has_not_missed_it(visit, dr_bob):
    arrive(visit)

    with pytest.raises(InvalidTransition):
        record_noshow(appointment=visit, by=dr_bob.user, now=LATE)


def test_a_cancelled_visit_is_not_missed(visit, dr_bob, alice):
    booking.cancel(appointment=visit, by=alice.user, now=NOW)

    with pytest.raises(InvalidTransition):
        record_noshow(appointment=visit, by=dr_bob.user, now=LATE)


def test_the_rest_of_a_missed_time_is_free(visit, dr_bob, mallory):
    record_noshow(appointment=visit, by=dr_bob.user, now=LATE)

    make_visit(dr_bob, mallory, starts_at=NINE + 30 * MINUTE)

    assert Appointment.objects.filter(status="booked").count() == 1


def test_nobody_arrives_at_a_visit_that_is_recorded_as_missed(visit, dr_bob):
    record_noshow(appointment=visit, by=dr_bob.user, now=LATE)

    with pytest.raises(InvalidTransition):
        arrive(visit, now=LATE + MINUTE)


# It could not be held


def test_a_failure_is_a_cancellation_of_the_practice_that_tells_the_patient(
    visit, dr_bob, mailoutbox
):
    record_failure(appointment=visit, by=dr_bob.user, now=NINE)
    do("notice.cancellation", now=NINE)

    seen = anew(visit)
    letter = next(one for one in mailoutbox if visit.patient.user.email in one.to)
    assert (seen.status, seen.cancellation_reason) == ("cancelled", "failed")
    assert seen.cancelled_by == dr_bob.user
    assert "It costs you nothing." in " ".join(letter.body.split())
    assert AuditEvent.objects.filter(action="appointment.failed").count() == 1


def test_before_its_hour_a_visit_has_not_failed(visit, dr_bob):
    with pytest.raises(TooSoon):
        record_failure(appointment=visit, by=dr_bob.user, now=NINE - SECOND)


def test_recorded_twice_a_failure_is_told_once(visit, dr_bob):
    record_failure(appointment=visit, by=dr_bob.user, now=NINE)
    record_failure(appointment=visit, by=dr_bob.user, now=NINE)

    assert AuditEvent.objects.filter(action="appointment.failed").count() == 1


def test_who_had_arrived_is_let_go_and_her_room_is_closed(visit, dr_bob):
    arrive(visit)
    room = opening.open_room(appointment=anew(visit), now=NINE)

    record_failure(appointment=anew(visit), by=dr_bob.user, now=LATE)

    room = VideoSession.objects.get(pk=room.pk)
    assert room.status == "ended"
    with pytest.raises(InvalidTransition):
        arrive(visit, now=LATE)


def test_a_visit_that_has_begun_has_not_failed(visit, dr_bob):
    arrive(visit)
    attendance.record_beginning(appointment=anew(visit), now=NINE)

    with pytest.raises(InvalidTransition):
        record_failure(appointment=anew(visit), by=dr_bob.user, now=LATE)


def test_a_visit_that_took_place_has_not_failed(visit, dr_bob):
    arrive(visit)
    attendance.record_attendance(
        appointment=visit,
        started_at=NINE,
        ended_at=NINE + HOUR,
        modality="video",
        patient_state="IL",
        is_at_home=True,
    )

    with pytest.raises(InvalidTransition):
        record_failure(appointment=anew(visit), by=dr_bob.user, now=NINE + 2 * HOUR)


# At once


def in_order(visit, *deeds):
    """Let several do something with the visit at once; return the names of what they got."""
    people = {one.pk: one for one in User.objects.all()}

    def act(number):
        return deeds[number](anew(visit), people)

    return sorted(type(result).__name__ for result in at_once(len(deeds), act))


def noshow(visit, people):
    return record_noshow(appointment=visit, by=people[visit.provider.user_id], now=LATE)


def fail(visit, people):
    return record_failure(appointment=visit, by=people[visit.provider.user_id], now=LATE)


def cancel(visit, people):
    by = people[visit.patient.user_id]
    return booking.cancel(appointment=visit, by=by, now=NINE - SECOND)  # by a clock that is slow


def come(visit, _people):
    return attendance.record_arrival(appointment=visit, now=LATE)


@pytest.mark.parametrize("other", [fail, cancel, come])
def test_of_two_who_say_what_came_of_it_at_once_one_is_refused(transactional_db, visit, other):
    results = in_order(visit, noshow, other)

    assert results == ["InvalidTransition", "NoneType"]
    told = AuditEvent.objects.filter(action__startswith="appointment.").count()
    assert (told, anew(visit).status != "booked") == (1, True)


def test_of_four_who_record_it_at_once_one_does(transactional_db, visit):
    assert in_order(visit, *[noshow] * 4) == ["NoneType"] * 4
    assert AuditEvent.objects.filter(action="appointment.missed").count() == 1


# The pages


def test_the_provider_records_it_on_the_visits_page(sign_in, visit, dr_bob, clock):
    client = sign_in(dr_bob.user)
    before = client.get(url("detail", visit.id)).content.decode()

    after = client.post(url("create_noshow", visit.id), follow=True)

    assert url("create_noshow", visit.id) in before
    assert "Noted: nobody came." in after.content.decode()
    assert "That nobody came was noted on Thursday, December 3, 2026, 9:15 AM" in text(after)


@pytest.mark.parametrize(
    ("at", "noshow", "failure"),
    [(NINE - SECOND, False, False), (NINE, False, True), (LATE, True, True)],
)
def test_what_can_be_recorded_comes_with_the_hour(
    sign_in, visit, dr_bob, front, clock, at, noshow, failure
):
    clock.move_to(at)

    pages = [
        sign_in(dr_bob.user).get(url("detail", visit.id)).content.decode(),
        sign_in(front).get("/home/").content.decode(),
    ]

    for page in pages:
        assert (url("create_noshow", visit.id) in page) == noshow
        assert (url("create_failure", visit.id) in page) == failure


def test_the_patient_cannot_record_anything(sign_in, visit, alice, clock):
    client = sign_in(alice.user)

    page = client.get(url("detail", visit.id)).content.decode()
    answers = [
        client.post(url(name, visit.id)).status_code for name in ("create_noshow", "create_failure")
    ]

    assert url("create_failure", visit.id) not in page
    assert (answers, anew(visit).status) == ([404, 404], "booked")


@pytest.mark.parametrize("name", ["create_noshow", "create_failure"])
def test_the_front_desk_records_it_and_comes_back_to_the_day(sign_in, visit, front, clock, name):
    response = sign_in(front).post(url(name, visit.id))

    assert (response.status_code, response["Location"]) == (302, "/home/")
    assert anew(visit).status in ("noshow", "cancelled")


def test_who_has_no_business_with_it_does_not_find_it(sign_in, visit, carol, biller, clock):
    away = make_member(make_practice(name="Away"), Membership.Role.FRONT_DESK, "away@example.com")

    answers = [
        sign_in(who).post(url("create_noshow", visit.id)).status_code
        for who in (carol.user, biller, away)
    ]

    assert (answers, anew(visit).status) == ([404] * 3, "booked")


def test_too_soon_is_said_with_from_when_it_can_be_noted(sign_in, visit, dr_bob, clock):
    clock.move_to(NINE)

    response = sign_in(dr_bob.user).post(url("create_noshow", visit.id))

    assert response.status_code == 409
    assert "That nobody came can be noted from 9:15 AM." in text(response)


def test_who_is_later_than_the_patient_is_told_so(sign_in, visit, front, clock):
    arrive(visit)

    response = sign_in(front).post(url("create_noshow", visit.id))

    assert response.status_code == 409
    assert "This visit is not waiting any more" in text(response)
    assert "Waiting" in text(response)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("create_noshow", "We waited for you, and could not meet you. We hope that you are well."),
        ("create_failure", "That is not your fault, and it costs you nothing."),
    ],
)
def test_the_patient_reads_what_came_of_it_in_kind_words(
    sign_in, visit, alice, dr_bob, clock, name, words
):
    sign_in(dr_bob.user).post(url(name, visit.id))

    page = text(sign_in(alice.user).get(url("detail", visit.id)))

    assert words in page
    assert "Choose another time" in page


def test_no_letter_says_that_a_visit_was_missed(visit, dr_bob):
    record_noshow(appointment=visit, by=dr_bob.user, now=LATE)
    do("notice.cancellation", now=LATE)

    assert mail.outbox == []


def test_from_when_it_can_be_missed_is_what_the_patients_sign(visit):
    assert missing.may_be_missed_from(visit) == LATE
