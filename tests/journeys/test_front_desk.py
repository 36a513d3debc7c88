"""The front desk acts on behalf: a patient calls, a therapist falls ill. And a time of anyone."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Membership
from appointments.models import Appointment
from tests.factories import make_care, make_member, make_visit
from tests.journeys.screens import SCREENS
from tests.journeys.test_hours import fits, soon

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


@pytest.fixture
def at_desk(page_for, practice, screen):
    return page_for(make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com"), **screen)


@SCREENS
def test_a_therapist_falls_ill_and_the_desk_settles_the_day_in_one_go(
    at_desk, axe, dr_bob, carol, alice, mallory, screen
):
    monday = soon(10)
    hers = make_visit(dr_bob, alice, starts_at=monday)
    other = make_visit(dr_bob, mallory, starts_at=monday + 2 * HOUR)

    at_desk.goto(reverse("board") + f"?on={monday.date()}")
    at_desk.get_by_role("link", name="Cannot work Bob Ray, PsyD").click()

    expect(at_desk.get_by_text("0 of 2 visits are settled.")).to_be_visible()
    axe(at_desk)
    assert fits(at_desk, screen)
    visit = at_desk.get_by_role("group", name="Alice Doe")
    visit.get_by_label("Carol Fox, PsyD takes it over, at the same time").check()
    at_desk.get_by_role("group", name="Mallory Moe").get_by_label("Cancel it").check()
    at_desk.get_by_role("button", name="Enter the absence, and do this").click()

    expect(at_desk.get_by_text("2 of 2 visits are settled.")).to_be_visible()
    axe(at_desk)
    assert fits(at_desk, screen)
    assert Appointment.objects.get(replaces=hers).provider == carol
    assert Appointment.objects.get(pk=other.pk).cancel_reason == "prov"

    at_desk.goto(reverse("board") + f"?on={monday.date()}")
    expect(at_desk.get_by_text("On leave: Away")).to_be_visible()


@SCREENS
def test_a_patient_calls_and_the_desk_books_moves_and_cancels_for_her(
    at_desk, axe, dr_bob, alice, screen
):
    make_care(alice, dr_bob)

    at_desk.goto(reverse("home"))
    if screen["viewport"]["width"] < 500:
        at_desk.goto(reverse("desk_patients"))
    else:
        at_desk.get_by_role("link", name="Patients", exact=True).click()
    axe(at_desk)
    at_desk.get_by_label("Phone number").fill("312 555 0123")
    at_desk.get_by_role("button", name="Find").click()
    axe(at_desk)
    assert fits(at_desk, screen)
    at_desk.get_by_role("link", name="Alice Doe").click()
    axe(at_desk)
    assert fits(at_desk, screen)
    at_desk.get_by_role("link", name="Book a visit").click()
    axe(at_desk)
    at_desk.get_by_role("button", name="Show free times").click()
    axe(at_desk)
    assert fits(at_desk, screen)
    at_desk.locator("button.slot").first.click()
    axe(at_desk)
    assert fits(at_desk, screen)
    at_desk.get_by_role("button", name="Book the visit").click()

    expect(at_desk.get_by_text("It is booked. We tell the patient")).to_be_visible()
    axe(at_desk)
    assert fits(at_desk, screen)
    at_desk.get_by_role("link", name="Move to another time").click()
    axe(at_desk)
    at_desk.locator("button.slot").first.click()
    axe(at_desk)
    at_desk.get_by_role("button", name="Move the visit").click()
    expect(at_desk.get_by_text("It is moved.")).to_be_visible()
    at_desk.get_by_text("Cancel this visit").click()
    axe(at_desk)
    assert fits(at_desk, screen)
    at_desk.get_by_label("The patient asked for it").check()
    at_desk.get_by_role("button", name="Cancel the visit").click()

    expect(at_desk.get_by_text("It was cancelled on")).to_be_visible()
    assert Appointment.objects.get().cancel_reason == "pat"


@SCREENS
def test_a_visitor_takes_the_first_time_of_whoever_fits(new_context, axe, dr_bob, carol, screen):
    page = new_context(**screen).new_page()

    page.goto(reverse("appointments:directory") + "?state=IL")
    page.get_by_role("link", name="The first free time of anyone who fits").click()
    expect(page.get_by_text("2 therapists fit. The first free time is")).to_be_visible()
    axe(page)
    assert fits(page, screen)
    page.locator("button.slot").first.click()

    expect(page.get_by_text("with Bob Ray. It is kept for you")).to_be_visible()
    assert Appointment.objects.get().status == "held"
