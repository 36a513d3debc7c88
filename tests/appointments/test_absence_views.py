"""The page for a therapist who cannot work: what it shows, what it does, whom it is for."""

import re

import pytest
import time_machine
from django.urls import reverse

from accounts.models import ContactRules, Membership
from appointments import booking
from appointments.models import Appointment, AvailabilityException, Leave
from core.models import AuditEvent
from tests.appointments.test_views import text
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    make_member,
    make_patient,
    make_practice,
    make_visit,
)

ALL_DAY = {"on": "2026-12-03"}
MORNING = ALL_DAY | {"starts": "09:00", "ends": "12:00"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def at_desk(desk, sign_in):
    return sign_in(desk)


@pytest.fixture
def later(dr_bob, mallory):
    return make_visit(dr_bob, mallory, starts_at=NINE + 5 * HOUR)


def url(provider):
    return reverse("appointments:absence", args=[provider.slug])


def said(*choices, when=None):
    data = dict(when or ALL_DAY)
    for visit, value in choices:
        data |= {f"visit-{visit.pk}": value, f"version-{visit.pk}": "0"}
    return data


def anew(visit):
    return Appointment.objects.get(pk=visit.pk)


def proposed(page):
    """The choices that the page comes with."""
    body = page.content.decode()
    data = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', body))
    data |= dict(re.findall(r'type="radio" name="([^"]+)" value="([^"]+)" checked', body))
    return {name: value for name, value in data.items() if name != "csrfmiddlewaretoken"}


def test_the_page_proposes_and_the_desk_says_yes_to_all_at_once(
    at_desk, visit, later, dr_bob, carol
):
    page = at_desk.get(url(dr_bob), ALL_DAY)

    done = at_desk.post(url(dr_bob), proposed(page), follow=True)

    assert "0 of 2 visits are settled." in text(page)
    assert "Carol Fox, PsyD takes it over, at the same time" in text(page)
    assert "2 of 2 visits are settled." in text(done)
    assert text(done).count("Moved to") == 2
    assert "Done. The patients are told, in neutral words." in done.content.decode()
    assert {anew(one).version for one in (visit, later)} == {1}
    assert Leave.objects.get().first_on == NINE.date()


def test_who_opened_the_page_is_on_the_trail_of_each_patient(at_desk, visit, later, desk, dr_bob):
    at_desk.get(url(dr_bob), ALL_DAY)

    read = AuditEvent.objects.filter(by_id=desk.pk, action="appointments.absence.read")
    assert set(read.values_list("patient_id", flat=True)) == {visit.patient_id, later.patient_id}


def test_one_is_taken_over_one_is_cancelled_and_each_is_told_apart(
    at_desk, visit, later, dr_bob, carol
):
    choices = said((visit, f"replace carol-fox {NINE.isoformat()}"), (later, "cancel"))

    done = text(at_desk.post(url(dr_bob), choices, follow=True))

    assert "Alice Doe Carol Fox, PsyD takes it over, on Thursday, December 3, 2026, 9:00 AM" in done
    assert "Mallory Moe Cancelled" in done
    assert anew(visit).replaced_by.starts_at == NINE


def test_of_a_part_of_the_day_only_its_visits_are_shown_and_changed(at_desk, visit, later, dr_bob):
    page = at_desk.get(url(dr_bob), MORNING)

    at_desk.post(url(dr_bob), said((visit, "cancel"), when=MORNING))

    assert "Thursday, December 3, 2026, from 9:00 AM to 12:00 PM" in text(page)
    assert "Mallory" not in page.content.decode()
    assert (anew(visit).status, anew(later).status) == ("cancelled", "booked")
    assert AvailabilityException.objects.get().from_minute == 12 * 60


def test_what_fails_is_said_with_the_name_and_the_rest_is_done(
    at_desk, visit, later, dr_bob, practice
):
    make_visit(dr_bob, make_patient(practice, "Zoe Doe"), starts_at=NINE + 24 * HOUR)
    choices = said((visit, f"move {(NINE + 24 * HOUR).isoformat()}"), (later, "cancel"))

    response = at_desk.post(url(dr_bob), choices)

    page = text(response)
    assert response.status_code == 409
    assert "This could not be done. All the rest is." in page
    assert "Alice Doe: That time has just been taken" in page
    assert "1 of 2 visits are settled." in page
    assert (anew(visit).status, anew(visit).version) == ("booked", 0)
    assert anew(later).status == "cancelled"


def test_a_second_tab_with_the_same_choices_changes_nothing_more(at_desk, visit, later, dr_bob):
    choices = said((visit, f"move {(NINE + 24 * HOUR).isoformat()}"), (later, "cancel"))
    at_desk.post(url(dr_bob), choices)

    second = at_desk.post(url(dr_bob), choices)

    assert second.status_code == 302
    assert {anew(visit).version, anew(later).version} == {1}


def test_a_second_tab_with_other_choices_is_told(at_desk, visit, later, dr_bob):
    at_desk.post(url(dr_bob), said((visit, "cancel"), (later, "cancel")))

    second = at_desk.post(
        url(dr_bob), said((visit, f"move {(NINE + 24 * HOUR).isoformat()}"), (later, "cancel"))
    )

    assert second.status_code == 409
    assert "Alice Doe: It was cancelled a moment ago" in text(second)
    assert "Mallory Moe:" not in text(second)


def test_a_visit_booked_meanwhile_stops_it_and_is_shown(at_desk, visit, later, dr_bob):
    response = at_desk.post(url(dr_bob), said((visit, "cancel")))

    assert response.status_code == 409
    assert "A visit has come into this time since you looked." in text(response)
    assert "Mallory Moe" in text(response)
    assert (anew(visit).status, Leave.objects.count()) == ("booked", 0)


def test_a_day_without_visits_can_be_closed(at_desk, dr_bob):
    page = text(at_desk.get(url(dr_bob), ALL_DAY))
    done = at_desk.post(url(dr_bob), ALL_DAY)

    assert "Enter the absence" in page
    assert (done.status_code, Leave.objects.count()) == (302, 1)
    again = text(at_desk.get(url(dr_bob), ALL_DAY))
    assert "Nobody can book then: there are no hours." in again
    assert "Enter the absence" not in again


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"on": ""}, "Fill this in to go on."),
        ({"on": "2026-11-30"}, "This day is over."),
        ({"starts": "09:00"}, "Say both times"),
        ({"starts": "12:00", "ends": "09:00"}, "The end comes before the beginning."),
        ({"visit": "dance"}, "We could not read what was chosen."),
        ({"visit": ""}, "We could not read what was chosen."),
        ({"visit": "move"}, "We could not read what was chosen."),
        ({"visit": "cancel now"}, "We could not read what was chosen."),
        ({"visit": "replace nobody 2026-12-03T15:00:00+00:00"}, "We could not read what was"),
        ({"visit": "move tomorrow"}, "This is not a time."),
        ({"version": "x"}, "We could not read what was chosen."),
        ({"version": "-1"}, "This is no version of a visit."),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_done(at_desk, visit, dr_bob, change, words):
    data = said((visit, "cancel"))
    keys = {"visit": f"visit-{visit.pk}", "version": f"version-{visit.pk}"}
    data |= {keys.get(name, name): value for name, value in change.items()}

    response = at_desk.post(url(dr_bob), data)

    assert (response.status_code, words in text(response)) == (422, True)
    assert (anew(visit).status, Leave.objects.count()) == ("booked", 0)


def test_a_visit_of_somebody_else_cannot_be_slipped_in(at_desk, visit, dr_bob, carol, mallory):
    hers = make_visit(carol, mallory, starts_at=NINE + HOUR)

    at_desk.post(url(dr_bob), said((visit, "cancel"), (hers, "cancel")))

    assert (anew(visit).status, anew(hers).status) == ("cancelled", "booked")


def test_who_books_meanwhile_finds_no_time(at_desk, dr_bob):
    at_desk.post(url(dr_bob), ALL_DAY)

    with pytest.raises(booking.NotOffered):
        booking.hold(provider=dr_bob, starts_at=NINE, holder="h", state="IL", now=NOW)


@pytest.mark.parametrize("role", ["provider", "supervisor", "billing", "privacy-officer", "peer"])
def test_other_roles_find_nothing_here(practice, sign_in, dr_bob, visit, role):
    client = sign_in(make_member(practice, role, "member@example.com"))

    answers = [client.get(url(dr_bob)), client.post(url(dr_bob), said((visit, "cancel")))]

    assert [one.status_code for one in answers] == [404, 404]
    assert anew(visit).status == "booked"


def test_another_practice_and_the_therapist_herself_find_nothing_here(sign_in, dr_bob, visit):
    elsewhere = make_practice(name="Elsewhere")
    far = make_member(elsewhere, Membership.Role.FRONT_DESK, "far@example.com")

    for person in (far, dr_bob.user, visit.patient.user):
        answer = sign_in(person).post(url(dr_bob), said((visit, "cancel")))
        assert (answer.status_code, anew(visit).status) == (404, "booked")


def test_the_board_leads_there_for_the_day_it_shows(at_desk, dr_bob):
    page = at_desk.get(reverse("board"), ALL_DAY).content.decode()

    assert f"{url(dr_bob)}?on=2026-12-03" in page


def test_falling_ill_in_the_middle_of_a_visit_leaves_that_one_and_settles_the_rest(
    at_desk, visit, later, dr_bob, clock
):
    clock.move_to(NINE + HOUR / 6)
    page = at_desk.get(url(dr_bob), ALL_DAY)

    done = at_desk.post(url(dr_bob), proposed(page), follow=True)

    assert f"visit-{visit.pk}" not in page.content.decode()
    assert "Not changed here, as it has begun, or someone waits for it." in text(page)
    assert "Alice Doe , Thursday, December 3, 2026, 9:00 AM" in text(page)
    assert "1 of 1 visit is settled." in text(done)
    assert (anew(visit).version, anew(later).version) == (0, 1)
    assert Leave.objects.get().first_on == NINE.date()


def test_who_waits_for_the_visit_already_keeps_nobody_from_entering_the_absence(
    at_desk, visit, later, dr_bob, clock
):
    clock.move_to(NINE - HOUR / 6)
    anew(visit).arrive(now=NINE - HOUR / 6)
    page = at_desk.get(url(dr_bob), ALL_DAY)

    done = at_desk.post(url(dr_bob), proposed(page))

    assert "9:00 AM, Central Time (Chicago), Waiting 312-555-0123" in text(page)
    assert done.status_code == 302
    assert (anew(visit).status, anew(later).version) == ("arrived", 1)


def test_who_comes_while_the_page_is_open_is_left_and_shown(at_desk, visit, later, dr_bob, clock):
    clock.move_to(NINE - HOUR / 6)
    page = at_desk.get(url(dr_bob), ALL_DAY)
    anew(visit).arrive(now=NINE - HOUR / 6)

    done = at_desk.post(url(dr_bob), proposed(page))

    assert done.status_code == 409
    assert "Alice Doe: This visit can no longer be moved" in text(done)
    assert "Not changed here" in text(done)
    assert (anew(visit).status, anew(later).version) == ("arrived", 1)


@pytest.mark.parametrize("value", ["cancel", f"move {(NINE + 24 * HOUR).isoformat()}"])
def test_a_visit_that_only_reaches_into_the_time_is_counted_once_it_is_settled(
    at_desk, visit, dr_bob, value
):
    part = ALL_DAY | {"starts": "09:30", "ends": "12:00"}

    done = at_desk.post(url(dr_bob), said((visit, value), when=part), follow=True)

    assert "1 of 1 visit is settled." in text(done)


def test_a_patient_who_calls_it_off_while_the_page_is_open_is_named_as_such(at_desk, visit, dr_bob):
    booking.cancel(appointment=visit, by=visit.patient.user, now=NOW)

    done = at_desk.post(url(dr_bob), said((visit, "cancel")))

    assert done.status_code == 409
    assert "Alice Doe: It was cancelled a moment ago" in text(done)


def test_who_gets_no_notices_is_marked_and_to_be_called(at_desk, visit, later, dr_bob):
    ContactRules.objects.create(patient=visit.patient, by_mail=False)
    page = at_desk.get(url(dr_bob), ALL_DAY)

    done = text(at_desk.post(url(dr_bob), proposed(page), follow=True))

    assert text(page).count("gets no notices: call") == 1
    assert "Done. Call those who get no notices: they are marked below." in done
    assert done.count("312-555-0123 · gets no notices: call · leave no message") == 1


def test_nobody_is_said_to_be_told_where_nothing_was_changed(at_desk, visit, dr_bob):
    done = text(at_desk.post(url(dr_bob), said((visit, "keep")), follow=True))

    assert "The absence is entered." in done
    assert "The patients are told, in" not in done
