"""What the front desk does with a visit that others have: move it, call it off, repeat it."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts import erasure
from accounts.models import ContactRules
from appointments import booking, cancellation, repeating, replacing
from appointments.models import Appointment
from appointments.repeating import Rhythm
from core import duties
from core.models import AuditEvent
from tests.appointments.test_move_views import choice
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

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
LATE = NINE - 2 * HOUR


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def at_desk(desk, sign_in):
    return sign_in(desk)


@pytest.fixture
def series(visit, alice):
    """Four Thursdays at nine; the visit is the first."""
    rhythm = Rhythm(every_weeks=1, count=4)
    repeating.repeat(appointment=visit, rhythm=rhythm, choices={}, by=alice.user, now=NOW)
    return list(Appointment.objects.order_by("starts_at"))


def url(visit, name="detail"):
    return reverse(f"appointments:{name}", args=[visit.pk])


def anew(visit):
    return Appointment.objects.get(pk=visit.pk)


def letter_to(person, mailoutbox, *, now=NOW):
    duties.sweep(now=now)
    letters = [one for one in mailoutbox if one.to == [person.user.email]]
    return " ".join(letters[-1].body.replace("\u202f", " ").split())


def test_the_page_of_a_visit_tells_the_desk_when_who_and_how_and_leads_into_no_chart(
    at_desk, visit
):
    response = at_desk.get(url(visit))

    assert "Visit of Alice Doe" in text(response)
    assert "312-555-0123" in text(response)
    page = response.content.decode().partition("<main")[2]
    links = ("/note/", "/room/", "/messages/", "/private-notes/", "/check-in/", ".ics")
    assert [link for link in links if link in page] == []


def test_the_desk_moves_a_visit_and_the_patient_is_free_until_it_begins(
    at_desk, visit, desk, alice, clock, mailoutbox
):
    clock.move_to(LATE)
    review = text(at_desk.get(url(visit, "move"), choice(visit, NINE + DAY)))

    done = at_desk.post(url(visit, "move"), choice(visit, NINE + DAY), follow=True)

    moved = anew(visit)
    assert "It costs the patient nothing" in review
    assert moved.starts_at == NINE + DAY
    assert moved.moves.get().moved_by == desk
    assert not any(map(cancellation.is_moved_late, moved.moves.all()))
    assert cancellation.free_until(moved) == NINE + DAY
    assert "We tell patient and therapist." in done.content.decode()
    assert "We have moved your appointment." in letter_to(alice, mailoutbox, now=LATE)
    event = AuditEvent.objects.get(action="appointment.moved")
    assert (event.by_id, event.role) == (desk.pk, "front-desk")


def test_the_desk_is_not_told_that_the_patient_is_where_no_notice_reaches_her(
    at_desk, visit, alice, mailoutbox
):
    ContactRules.objects.create(patient=alice, by_mail=False)

    page = text(at_desk.get(url(visit)))
    review = text(at_desk.get(url(visit, "move"), choice(visit, NINE + DAY)))
    done = text(at_desk.post(url(visit, "move"), choice(visit, NINE + DAY), follow=True))

    assert "312-555-0123 · gets no notices: call" in page
    assert "The patient gets no notices: call. It costs the patient nothing." in page
    assert "The patient gets no notices: call. It costs the patient nothing" in review
    assert "We tell the therapist. The patient gets no notices: call." in done


def test_a_taken_time_is_said_with_others(at_desk, visit, dr_bob, mallory):
    make_visit(dr_bob, mallory, starts_at=NINE + HOUR)

    response = at_desk.post(url(visit, "move"), choice(visit))

    assert (response.status_code, anew(visit).starts_at) == (409, NINE)
    assert "That time has just been taken" in text(response)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("pat", "Your appointment is cancelled. It costs nothing"),
        ("prov", "We are sorry: we had to cancel your appointment. It costs you nothing."),
        ("other", "We are sorry: we had to cancel your appointment. It costs you nothing."),
    ],
)
def test_what_the_desk_calls_off_costs_nothing_however_late_and_says_why(
    at_desk, visit, desk, alice, clock, mailoutbox, reason, words
):
    clock.move_to(LATE)

    page = at_desk.post(url(visit, "create_cancellation"), {"reason": reason}, follow=True)

    off = anew(visit)
    assert (off.status, off.cancelled_by, off.cancellation_reason) == ("cancelled", desk, reason)
    assert not cancellation.is_late(off)
    assert str(Appointment.CancellationReason(reason).label) in text(page)
    assert words in letter_to(alice, mailoutbox, now=LATE)
    assert AuditEvent.objects.get(action="appointment.cancelled").reason == reason


@pytest.mark.parametrize("said", [{}, {"reason": "bored"}, {"reason": ""}])
def test_without_a_reason_nothing_is_called_off(at_desk, visit, said):
    response = at_desk.post(url(visit, "create_cancellation"), said)

    assert (response.status_code, anew(visit).status) == (422, "booked")
    assert '<p class="error" id="id_reason_error">' in response.content.decode()


def test_the_two_need_not_say_why_and_cannot_say_that_the_desk_did(sign_in, visit, alice):
    sign_in(alice.user).post(url(visit, "create_cancellation"), {"reason": "prov"})

    assert (anew(visit).status, anew(visit).cancellation_reason) == ("cancelled", "")


def test_the_two_read_that_it_was_the_desk_and_the_therapist_why(
    at_desk, sign_in, visit, alice, dr_bob
):
    at_desk.post(url(visit, "create_cancellation"), {"reason": "prov"})

    hers, his = (text(sign_in(one.user).get(url(visit))) for one in (alice, dr_bob))

    assert "The front desk cancelled it on" in hers
    assert "The therapist cannot be there" not in hers
    assert "The front desk cancelled it on" in his
    assert "The therapist cannot be there." in his


def test_cancelled_twice_the_second_is_told(at_desk, visit):
    at_desk.post(url(visit, "create_cancellation"), {"reason": "prov"})

    again = at_desk.post(url(visit, "create_cancellation"), {"reason": "pat"})

    assert (again.status_code, anew(visit).cancellation_reason) == (409, "prov")
    assert "This visit was cancelled before" in text(again)


def test_a_visit_that_has_begun_is_not_called_off(at_desk, visit, clock):
    clock.move_to(NINE)

    response = at_desk.post(url(visit, "create_cancellation"), {"reason": "prov"})

    assert (response.status_code, anew(visit).status) == (409, "booked")
    assert "It has begun. Nothing was changed." in text(response)


@pytest.mark.parametrize(("scope", "count"), [("this", 1), ("following", 3), ("all", 4)])
def test_of_a_series_the_desk_calls_off_what_is_meant(at_desk, series, scope, count):
    at_desk.post(url(series[1], "create_cancellation"), {"scope": scope, "reason": "pat"})

    off = Appointment.objects.filter(status="cancelled", cancellation_reason="pat")
    assert off.count() == count


@pytest.mark.parametrize(("scope", "count"), [("this", 1), ("following", 3), ("all", 4)])
def test_of_a_series_the_desk_moves_what_is_meant(at_desk, series, desk, scope, count):
    said = choice(series[1], series[1].starts_at + HOUR) | {"scope": scope}

    at_desk.post(url(series[1], "move"), said)

    moved = Appointment.objects.filter(moves__moved_by=desk)
    assert {one.starts_at for one in moved} == {
        one.starts_at + HOUR for one in series if scope == "all" or one in series[1:][:count]
    }


def test_the_desk_repeats_a_visit(at_desk, visit, desk):
    at_desk.post(url(visit, "series"), {"every_weeks": 2, "count": 3})

    starts = Appointment.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert list(starts) == [NINE, NINE + 2 * WEEK, NINE + 4 * WEEK]
    assert Appointment.objects.filter(booked_by=desk).count() == 2


@pytest.mark.parametrize("name", ["detail", "move", "series"])
@pytest.mark.parametrize("role", ["supervisor", "billing", "privacy-officer", "peer"])
def test_other_roles_find_nothing_here(practice, sign_in, visit, name, role):
    client = sign_in(make_member(practice, role, "member@example.com"))

    off = client.post(url(visit, "create_cancellation"), {"reason": "pat"})

    assert (client.get(url(visit, name)).status_code, off.status_code) == (404, 404)
    assert anew(visit).status == "booked"


def test_the_desk_of_another_practice_finds_nothing_here(sign_in, visit):
    elsewhere = make_practice(name="Elsewhere")
    client = sign_in(make_member(elsewhere, "front-desk", "far@example.com"))

    answers = [
        client.get(url(visit)),
        client.post(url(visit, "move"), choice(visit)),
        client.post(url(visit, "create_cancellation"), {"reason": "pat"}),
    ]

    assert [one.status_code for one in answers] == [404, 404, 404]
    assert anew(visit).version == 0


def test_with_a_visit_of_her_own_who_works_at_the_desk_is_a_patient_and_pays_as_one(
    sign_in, dr_bob, desk, practice, clock
):
    own = make_visit(dr_bob, make_patient(practice, "Dee Desk", user=desk))
    clock.move_to(LATE)

    sign_in(desk).post(url(own, "create_cancellation"), {"reason": "prov"})

    assert (anew(own).cancellation_reason, cancellation.is_late(anew(own))) == ("", True)


def test_a_hold_is_nobodys_at_the_desk(at_desk, dr_bob):
    held = booking.hold(provider=dr_bob, starts_at=NINE, holder="h", state="IL", now=NOW)

    assert at_desk.get(url(held)).status_code == 404


def test_who_has_a_visit_with_somebody_else_instead_is_led_to_it(
    at_desk, visit, alice, carol, desk, sign_in, clock
):
    new = replacing.replace(
        appointment=visit, provider=carol, starts_at=NINE, version=0, by=desk, now=NOW
    )
    page = sign_in(alice.user).get(url(visit))
    seen = text(page)

    assert "In its place we have booked a visit for you on Thursday, December 3, 2026" in seen
    assert f'class="btn" href="{url(new)}"' in page.content.decode()
    assert "Choose another time" not in seen
    assert "In its place: Thursday, December 3, 2026, 9:00 AM" in text(at_desk.get(url(visit)))

    booking.cancel(appointment=anew(new), by=alice.user, now=NOW)
    assert "Choose another time" in text(sign_in(alice.user).get(url(visit)))


def test_the_former_therapist_is_shown_no_visit_of_a_colleague(visit, dr_bob, carol, desk, sign_in):
    replacing.replace(
        appointment=visit, provider=carol, starts_at=NINE, version=0, by=desk, now=NOW
    )

    page = text(sign_in(dr_bob.user).get(url(visit)))

    assert "The front desk cancelled it" in page
    assert "In its place" not in page


def test_of_who_was_erased_nothing_leads_on(at_desk, visit, alice, desk):
    erasure.erase(patient=alice, reason="request", by=desk, now=NOW)

    page = at_desk.get(url(visit))

    assert "Patient Erased" in text(page)
    assert "tel:Erased" not in page.content.decode()
    assert str(alice.ref) not in page.content.decode()
