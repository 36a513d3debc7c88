"""The front desk's pages of a patient: whom they open to, what they say, what they refuse."""

import re
from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts import coverage
from accounts.models import ContactRules, Membership
from appointments import booking
from appointments.models import Appointment
from billing.models import CardOnFile
from care import consents
from core.models import AuditEvent
from tests.appointments.test_views import text
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    RECORDED,
    SCOPED,
    make_care,
    make_member,
    make_practice,
    make_visit,
)

FIND = "/desk/patients/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def at_desk(desk, sign_in):
    return sign_in(desk)


def url(patient, name="desk_patient"):
    return reverse(name, args=[patient.ref])


def choice(provider, starts_at=NINE, state="IL"):
    return {"provider": provider.slug, "state": state, "starts_at": starts_at.isoformat()}


def test_a_patient_is_found_and_her_page_opened_and_both_are_on_the_trail(at_desk, alice, desk):
    found = at_desk.post(FIND, {"phone": "312 555 0123"})
    page = at_desk.get(url(alice))

    assert url(alice) in found.content.decode()
    assert "Alice Doe born Saturday, May 4, 1991" in text(found)
    assert "312-555-0123" in text(page)
    told = AuditEvent.objects.filter(by_id=desk.pk, patient_id=alice.pk).order_by("pk")
    assert [event.action for event in told] == ["desk-patients.read", "desk-patient.read"]


def test_who_is_not_found_is_said_with_what_to_do(at_desk, alice):
    page = text(at_desk.post(FIND, {"email": "nobody@example.com"}))

    assert "Nobody here fits all of it." in page
    assert "Alice" not in page


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Write a number, an address, or a name with the date of birth."),
        ({"phone": "555"}, "Write the number with its area code, such as 312-555-0123."),
        ({"legal_name": "Alice Doe"}, "With a name, we need the date of birth."),
        ({"born_on": "1991-05-04"}, "With a date of birth, we need the whole name."),
        ({"email": "alice"}, "Write the whole address"),
    ],
)
def test_what_cannot_be_looked_for_is_said_at_its_field_and_stays(at_desk, said, words):
    response = at_desk.post(FIND, said)

    assert response.status_code == 422
    assert words in text(response)
    assert all(f'value="{value}"' in response.content.decode() for value in said.values())


def test_the_page_names_visits_and_what_is_still_to_do_and_nothing_clinical(at_desk, visit, alice):
    titles = [one.title for one in consents.in_force(on=NOW.date())]

    page = text(at_desk.get(url(alice)))

    assert "Thursday, December 3, 2026, 9:00 AM" in page
    assert [title for title in titles if f"To sign: {title}" not in page] == []
    assert "A card on file. It is no condition" in page
    assert [word for word in ("note", "diagnos", "messages") if word in page.lower()] == []


def sign_all(patient):
    shown = {one.kind: one.sha256 for one in consents.in_force(on=NOW.date())}
    consents.sign_shown(
        patient=patient, shown=shown, signed_name="A", by=patient.user, on=NOW.date(), now=NOW
    )


def test_the_page_leads_to_who_pays_before_there_is_any_fee(at_desk, alice):
    there = reverse("accounts:coverages", args=[alice.ref])

    assert f'href="{there}"' in at_desk.get(url(alice)).content.decode()
    assert at_desk.get(there).status_code == 200


def test_when_nothing_is_missing_that_is_said(at_desk, alice):
    sign_all(alice)
    card = {"customer_ref": "cus_1", "payment_method_ref": "pm_1", "brand": "visa", "last4": "4242"}
    valid = {"saved_at": NOW, "expires_on": date(2030, 12, 31)}
    CardOnFile.objects.create(patient=alice, **card, **valid)

    assert "Nothing: all is signed, and a card is on file." in text(at_desk.get(url(alice)))


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_however_many_visits(
    at_desk, dr_bob, alice, count, django_assert_num_queries
):
    for number in range(count):
        make_visit(dr_bob, alice, starts_at=NINE + number * HOUR)

    with django_assert_num_queries(9 + RECORDED + SCOPED):
        at_desk.get(url(alice))


def test_the_desk_chooses_a_therapist_and_a_time_looks_it_over_and_books(
    at_desk, alice, dr_bob, carol, desk
):
    make_care(alice, dr_bob)
    empty = text(at_desk.get(url(alice, "desk_booking")))
    times = at_desk.get(url(alice, "desk_booking"), {"provider": dr_bob.slug, "state": "IL"})

    review = text(at_desk.get(url(alice, "desk_booking"), choice(dr_bob)))
    assert not Appointment.objects.exists()  # looking changes nothing
    done = at_desk.post(url(alice, "desk_booking"), choice(dr_bob), follow=True)

    assert "Bob Ray, PsyD, who treats this patient Carol Fox, PsyD" in empty
    assert f'value="{NINE.isoformat()}"' in times.content.decode()
    assert "Time Thursday, December 3, 2026, 9:00 AM, Central Time (Chicago)" in review
    assert "The visit is booked at once." in review
    visit = Appointment.objects.get()
    assert (visit.patient, visit.booked_by, visit.status) == (alice, desk, "booked")
    assert "It is booked." in done.content.decode()
    assert "Visit of Alice Doe" in text(done)


def test_before_it_is_booked_the_desk_reads_what_missing_it_may_cost(at_desk, alice, dr_bob, desk):
    said = "free until 24 hours before the start, then $150.00. Not coming: $150.00."

    page = text(at_desk.get(url(alice, "desk_booking"), choice(dr_bob)))
    days = {"starts_on": NOW.date(), "ends_on": None}
    coverage.enter(patient=alice, program="medicaid", by=desk, now=NOW, **days)
    covered = text(at_desk.get(url(alice, "desk_booking"), choice(dr_bob)))

    assert said in page
    assert "free until the start. Not coming costs nothing." in covered


def test_a_taken_time_is_said_with_others_and_nothing_is_booked(at_desk, alice, dr_bob, mallory):
    make_visit(dr_bob, mallory)

    response = at_desk.post(url(alice, "desk_booking"), choice(dr_bob))

    assert response.status_code == 409
    assert "That time has just been taken" in text(response)
    assert len(re.findall(r'name="starts_at" value="([^"]+)"', response.content.decode())) == 6
    assert not Appointment.objects.filter(patient=alice).exists()
    assert "Mallory" not in response.content.decode()


def test_that_the_patient_is_elsewhere_then_is_said(at_desk, alice, dr_bob, carol):
    make_visit(carol, alice)

    response = at_desk.post(url(alice, "desk_booking"), choice(dr_bob))

    assert (response.status_code, "The patient has another visit then" in text(response)) == (
        409,
        True,
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"provider": ""}, "Choose a therapist."),
        ({"provider": "nobody"}, "This therapist cannot see this patient there."),
        ({"state": "XX"}, "Choose a state from the list."),
        ({"state": "WI"}, "This therapist cannot see this patient there."),  # no license there
        ({"starts_at": "soon"}, ""),
        ({"starts_at": ""}, "Choose a time."),
    ],
)
def test_what_cannot_be_booked_is_said_at_its_field(at_desk, alice, dr_bob, said, words):
    response = at_desk.post(url(alice, "desk_booking"), choice(dr_bob) | said)

    assert (response.status_code, words in text(response)) == (422, True)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("name", ["desk_patient", "desk_booking"])
@pytest.mark.parametrize("role", ["provider", "supervisor", "billing", "privacy-officer", "peer"])
def test_other_roles_find_nothing_here(practice, sign_in, alice, name, role):
    client = sign_in(make_member(practice, role, "member@example.com"))

    answers = [client.get(url(alice, name)), client.post(FIND, {"phone": "312-555-0123"})]

    assert [one.status_code for one in answers] == [404, 404]


@pytest.mark.parametrize("name", ["desk_patient", "desk_booking"])
def test_another_practice_finds_nothing_here(sign_in, alice, dr_bob, name):
    elsewhere = make_practice(name="Elsewhere")
    client = sign_in(make_member(elsewhere, Membership.Role.FRONT_DESK, "far@example.com"))

    answers = [client.get(url(alice, name)), client.post(url(alice, name), choice(dr_bob))]

    assert (answers[0].status_code, answers[1].status_code in (404, 405)) == (404, True)
    assert not Appointment.objects.exists()


def test_the_letters_link_leads_the_patient_through_what_is_missing_to_her_visit(
    at_desk, sign_in, alice, dr_bob
):
    at_desk.post(url(alice, "desk_booking"), choice(dr_bob))
    visit = Appointment.objects.get()
    page, hers = reverse("preparation", args=[visit.pk]), sign_in(alice.user)

    before = hers.get(page)["Location"]
    sign_all(alice)
    after = hers.get(page)["Location"]
    booking.cancel(appointment=visit, by=alice.user, now=NOW)
    over = hers.get(page)["Location"]

    assert before == f"/consents/?next={page.replace('/', '%2F')}"
    assert after.startswith("/card/?next=")
    assert over == reverse("appointments:detail", args=[visit.pk])


def test_nobody_else_is_led_there(sign_in, visit, dr_bob, mallory, desk):
    page = reverse("preparation", args=[visit.pk])

    answers = [sign_in(one).get(page).status_code for one in (dr_bob.user, mallory.user, desk)]

    assert answers == [404, 404, 404]


def test_the_day_and_the_board_lead_to_each_visit(at_desk, visit, clock):
    clock.move_to(NINE - HOUR)
    page = reverse("appointments:detail", args=[visit.pk])

    pages = [at_desk.get(reverse(name)).content.decode() for name in ("home", "board")]

    assert [page in one for one in pages] == [True, True]


def test_whom_no_notice_reaches_is_to_be_called(at_desk, alice, dr_bob):
    ContactRules.objects.create(patient=alice, by_mail=False)

    review = text(at_desk.get(url(alice, "desk_booking"), choice(dr_bob)))
    done = text(at_desk.post(url(alice, "desk_booking"), choice(dr_bob), follow=True))

    assert "The patient gets no notices: call, and say what is still to do." in review
    assert "It is booked. The patient gets no notices: call." in done
