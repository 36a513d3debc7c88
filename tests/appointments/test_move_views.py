"""The pages that move a visit: what they say first, what they refuse, and in which words."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from appointments import attendance, booking, moving
from appointments.models import Appointment
from core import duties
from tests import factories
from tests.appointments.test_views import text
from tests.factories import HOUR, NINE, NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def url(visit, name="move"):
    return reverse(f"appointments:{name}", args=[visit.id])


def choice(visit, starts_at=NINE + HOUR, version=None):
    return {
        "starts_at": starts_at.isoformat(),
        "version": visit.version if version is None else version,
    }


def anew(visit):
    return Appointment.objects.get(pk=visit.pk)


@pytest.mark.parametrize("who", ["alice", "dr_bob"])
def test_each_of_the_two_chooses_a_time_looks_it_over_and_moves_the_visit(
    sign_in, visit, alice, dr_bob, who
):
    client = sign_in({"alice": alice, "dr_bob": dr_bob}[who].user)
    assert url(visit) in client.get(url(visit, "detail")).content.decode()
    times = client.get(url(visit)).content.decode()
    assert f'value="{(NINE + HOUR).isoformat()}"' in times

    review = client.get(url(visit), choice(visit))
    assert anew(visit).starts_at == NINE  # looking changes nothing
    response = client.post(url(visit), choice(visit), follow=True)

    assert "New time Thursday, December 3, 2026, 10:00 AM, Central Time (Chicago)" in text(review)
    assert "Time until now Thursday, December 3, 2026, 9:00 AM" in text(review)
    assert anew(visit).starts_at == NINE + HOUR
    assert "The visit has its new time." in text(response)
    assert "its time before was Thursday, December 3, 2026, 9:00 AM" in text(response)


@pytest.mark.parametrize(
    ("who", "at", "words"),
    [
        ("alice", NOW, "Moving it costs nothing until Wednesday, December 2, 2026, 9:00 AM"),
        ("alice", NINE - 24 * HOUR, "the practice may charge the fee of $150.00 for the time"),
        ("dr_bob", NINE - 24 * HOUR, "It costs the patient nothing, and until the visit begins"),
    ],
)
def test_what_it_costs_is_said_before_one_chooses_and_before_one_says_yes(
    sign_in, visit, alice, dr_bob, clock, who, at, words
):
    client = sign_in({"alice": alice, "dr_bob": dr_bob}[who].user)
    clock.move_to(at)

    pages = [text(client.get(url(visit))), text(client.get(url(visit), choice(visit)))]

    assert [words in page for page in pages] == [True, True]


@pytest.mark.parametrize(
    ("who", "hours", "is_said"),
    [("alice", 23, True), ("alice", 24, True), ("alice", 26, False), ("dr_bob", 23, False)],
)
def test_that_the_new_time_is_near_is_said_to_the_patient(
    sign_in, visit, alice, dr_bob, who, hours, is_said
):
    client = sign_in({"alice": alice, "dr_bob": dr_bob}[who].user)

    review = text(client.get(url(visit), choice(visit, NOW + hours * HOUR)))

    assert ("The new time is less than 24 hours away." in review) == is_said


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ("alice", "You moved it less than 24 hours before"),
        ("dr_bob", "The patient moved it less than 24 hours before"),
    ],
)
def test_a_late_move_is_told_on_the_visits_page(sign_in, visit, alice, dr_bob, reader, words):
    moving.move(
        appointment=visit, starts_at=NINE + DAY, version=0, by=alice.user, now=NINE - 3 * HOUR
    )

    page = text(sign_in({"alice": alice, "dr_bob": dr_bob}[reader].user).get(url(visit, "detail")))

    assert words in page
    assert "the practice may charge the fee of $150.00 for the earlier time. Nothing has" in page


def test_a_taken_time_is_said_with_others_and_the_old_one_is_kept(
    sign_in, visit, alice, dr_bob, mallory
):
    factories.make_visit(dr_bob, mallory, starts_at=NINE + HOUR)

    response = sign_in(alice.user).post(url(visit), choice(visit))

    assert response.status_code == 409
    assert "That time has just been taken" in text(response)
    assert "The visit keeps the time it had." in text(response)
    offered = re.findall(r'name="starts_at" value="([^"]+)"', response.content.decode())
    assert len(offered) == 6
    assert anew(visit).starts_at == NINE


def test_of_two_tabs_the_second_is_told_that_the_visit_was_moved(sign_in, visit, alice):
    client = sign_in(alice.user)
    client.post(url(visit), choice(visit, version=0))

    second = client.post(url(visit), choice(visit, NINE + 2 * HOUR, version=0))

    assert (second.status_code, anew(visit).starts_at) == (409, NINE + HOUR)
    assert "The visit was moved a moment ago" in text(second)


@pytest.mark.parametrize(
    ("starts_at", "words"),
    [
        (NINE + 42 * DAY, "That time is no longer offered"),
        (NINE + 5 * MINUTE, "That time is no longer offered"),
    ],
)
def test_a_time_that_is_not_offered_is_refused_in_words(sign_in, visit, alice, starts_at, words):
    response = sign_in(alice.user).post(url(visit), choice(visit, starts_at))

    assert (response.status_code, words in text(response)) == (409, True)


def test_a_day_without_a_licence_is_refused_in_words(sign_in, visit, alice, dr_bob):
    dr_bob.licences.update(valid_until=NINE.date())

    response = sign_in(alice.user).post(url(visit), choice(visit, NINE + DAY))

    assert response.status_code == 409
    assert "That time cannot be in Illinois" in text(response)


def test_another_visit_of_the_patient_is_in_the_way(sign_in, visit, alice, carol):
    factories.make_visit(carol, alice, starts_at=NINE + HOUR)

    response = sign_in(alice.user).post(url(visit), choice(visit))

    assert response.status_code == 409
    assert "There is another visit at that time" in text(response)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"starts_at": "tomorrow", "version": 0},
        {"starts_at": "2026-12-03T10:00:00", "version": 0},
        {"starts_at": "0001-01-01T00:00:00+14:00", "version": 0},
        {"starts_at": NINE.isoformat(), "version": "x"},
        {"starts_at": NINE.isoformat(), "version": -1},
        {"starts_at": NINE.isoformat(), "version": 2**63},
        {"starts_at": NINE.isoformat()},
        {"starts_at": "\x00", "version": 0},
    ],
)
def test_what_cannot_be_read_is_refused_and_moves_nothing(sign_in, visit, alice, data):
    response = sign_in(alice.user).post(url(visit), data)

    assert response.status_code == 422
    assert "We could not read that choice" in text(response)
    assert anew(visit).version == 0


@pytest.mark.parametrize("since", ["", "x", "0001-01-01", "9999-12-31", "2026-13-01"])
def test_a_day_that_cannot_be_read_shows_the_times_around_the_visit(sign_in, visit, alice, since):
    page = sign_in(alice.user).get(url(visit), {"since": since})

    assert page.status_code == 200
    assert (NINE + HOUR).isoformat() in page.content.decode()


def test_later_times_are_two_weeks_on(sign_in, visit, alice):
    client = sign_in(alice.user)

    page = client.get(url(visit), {"since": "2026-12-15"}).content.decode()

    assert (NINE + 14 * DAY).isoformat() in page
    assert (NINE + HOUR).isoformat() not in page
    assert "?since=2026-12-29" in page
    assert "?since=2026-12-01" in page


def test_beyond_the_horizon_the_page_says_that_nothing_is_free(sign_in, visit, alice):
    page = text(sign_in(alice.user).get(url(visit), {"since": "2027-06-01"}))

    assert "No other time is free in these two weeks." in page


@pytest.mark.parametrize("state", ["cancelled", "arrived", "begun by the clock"])
def test_what_can_no_longer_be_moved_offers_no_times(sign_in, visit, alice, clock, state):
    client = sign_in(alice.user)
    if state == "cancelled":
        booking.cancel(appointment=visit, by=alice.user, now=NOW)
    elif state == "arrived":
        attendance.record_arrival(appointment=visit, now=NOW)
    else:
        clock.move_to(NINE)

    page, post = client.get(url(visit)), client.post(url(visit), choice(visit))
    detail = client.get(url(visit, "detail")).content.decode()

    assert (page.status_code, post.status_code) == (409, 409)
    assert "This visit can no longer be moved" in text(page)
    assert url(visit) not in detail


def test_a_stranger_finds_nothing_to_move(sign_in, visit, mallory, carol):
    for stranger in (mallory, carol):
        client = sign_in(stranger.user)
        answers = [client.get(url(visit)), client.post(url(visit), choice(visit))]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert anew(visit).version == 0


@pytest.mark.parametrize(
    ("mover", "at", "words"),
    [
        ("alice", NOW, "It costs nothing, and there is nothing more to do."),
        ("alice", NINE - 3 * HOUR, "It was moved late, so there may be a fee."),
        ("dr_bob", NINE - 3 * HOUR, "We have moved your appointment."),
    ],
)
def test_the_mail_says_from_when_to_when_and_what_it_costs(
    visit, alice, dr_bob, mailoutbox, mover, at, words
):
    by = {"alice": alice, "dr_bob": dr_bob}[mover].user
    moving.move(appointment=visit, starts_at=NINE + DAY, version=0, by=by, now=at)

    duties.sweep(now=at)
    duties.sweep(now=at)

    assert len(mailoutbox) == 2
    [letter] = [letter for letter in mailoutbox if letter.to == ["alice@example.com"]]
    body = " ".join(letter.body.replace("\u202f", " ").split())
    assert words in body
    assert "When: Friday, December 4, 2026, 9:00 AM, Central Time (Chicago)" in body
    assert "Before: Thursday, December 3, 2026, 9:00 AM, Central Time (Chicago)" in body
    [(_name, content, kind)] = letter.attachments
    assert kind == "text/calendar; method=REQUEST"
    assert f"UID:{visit.id}@" in content.replace("\r\n ", "")
    assert "SEQUENCE:1" in content
    assert "DTSTART;TZID=America/Chicago:20261204T090000" in content


def test_of_two_moves_before_the_worker_looks_only_the_last_is_told(visit, alice, mailoutbox):
    for hours in (1, 2):
        moving.move(
            appointment=visit,
            starts_at=NINE + hours * HOUR,
            version=visit.version,
            by=alice.user,
            now=NOW,
        )

    duties.sweep(now=NOW)

    assert len(mailoutbox) == 2
    assert all("SEQUENCE:2" in letter.attachments[0].content for letter in mailoutbox)
