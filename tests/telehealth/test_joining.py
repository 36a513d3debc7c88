"""Several practices on one install: the directory lists all, and who signs up comes to the one
whose time she holds."""

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Patient
from appointments import directory
from appointments.models import Appointment
from tests.accounts.test_patients import FORM
from tests.factories import NOW, make_practice, make_provider, make_user
from tests.telehealth.test_intake import holding, make_card, make_hold, sign_consents

ADDRESS = reverse("accounts:about_you")
FORM = FORM | {"emergency_name": "Sam"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def elsewhere(practice):
    """The second practice of the install."""
    return make_practice(name="Elsewhere", phone="312-555-0155")


@pytest.fixture
def dr_ana(elsewhere):
    return make_provider(elsewhere, "Ana Sol")


@pytest.fixture
def newcomer(db, sign_in):
    return holding(sign_in(make_user("new@example.com")), "visitor")


def test_the_directory_lists_the_providers_of_all_practices(dr_bob, dr_ana):
    page = Client().get(reverse("appointments:directory"), {"state": "IL"}).content.decode()

    assert [name in page for name in (dr_bob.name, dr_ana.name)] == [True, True]


def test_it_does_so_for_a_patient_of_one_of_them(alice, dr_bob, dr_ana, sign_in):
    page = sign_in(alice.user).get(reverse("appointments:directory"), {"state": "IL"})

    assert dr_ana.name in page.content.decode()


def test_who_is_busy_elsewhere_is_busy_for_everybody(dr_ana, elsewhere):
    """Another practice's visit is not shown, and its time is not offered."""
    held = make_hold(dr_ana, holder="somebody")

    free = directory.free_slots(provider=dr_ana, state="IL", now=NOW)

    assert held.starts_at not in free
    assert held.starts_at in directory.free_slots(
        provider=dr_ana, state="IL", now=NOW, holder="somebody"
    )


def test_who_signs_up_comes_to_the_practice_whose_time_she_holds(newcomer, dr_bob, dr_ana):
    make_hold(dr_ana)

    answer = newcomer.post(ADDRESS, FORM)

    assert (answer.status_code, Patient.objects.get().practice) == (302, dr_ana.practice)


def test_who_holds_nothing_comes_to_the_first(newcomer, practice, dr_ana):
    newcomer.post(ADDRESS, FORM)

    assert Patient.objects.get().practice == practice


def test_what_another_visitor_holds_leads_nobody(newcomer, practice, dr_ana):
    make_hold(dr_ana, holder="another")

    newcomer.post(ADDRESS, FORM)

    assert Patient.objects.get().practice == practice


def test_a_child_is_told_whom_to_call_there(newcomer, dr_bob, dr_ana):
    make_hold(dr_ana)

    page = newcomer.post(ADDRESS, FORM | {"date_of_birth": "2011-05-04"})

    assert (page.status_code, dr_ana.practice.phone in page.content.decode()) == (422, True)


def test_a_patient_stays_where_she_is(alice, practice, dr_ana, sign_in):
    make_hold(dr_ana)

    holding(sign_in(alice.user), "visitor").post(ADDRESS, FORM)

    assert Patient.objects.get().practice == practice


def test_from_sign_up_to_a_booked_visit_in_the_second_practice(newcomer, dr_bob, dr_ana):
    held = make_hold(dr_ana)
    newcomer.post(ADDRESS, FORM)
    patient = Patient.objects.get()
    sign_consents(patient)
    make_card(patient)

    newcomer.post(reverse("booking_review", args=[held.pk]))

    with connection.cursor() as cursor:
        cursor.execute("SELECT practice_id FROM appointments_appointment")
        assert cursor.fetchall() == [(dr_ana.practice.pk,)]
    assert Appointment.objects.get().patient == patient


def test_a_patient_of_one_practice_books_nobody_of_another(alice, dr_ana, sign_in):
    """A record belongs to one practice; she is told that the time cannot be had."""
    held = make_hold(dr_ana)
    sign_consents(alice)
    make_card(alice)

    answer = holding(sign_in(alice.user), "visitor").post(reverse("booking_review", args=[held.pk]))

    held.refresh_from_db()
    assert (answer.status_code, held.status) == (409, "held")
