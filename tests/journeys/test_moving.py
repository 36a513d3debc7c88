"""A visit gets another time, or repeats: each looks the choice over before saying yes."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from appointments.directory import free_slots
from appointments.models import Appointment
from tests.factories import make_visit
from tests.journeys.screens import SCREENS

pytestmark = pytest.mark.journey


@pytest.fixture
def planned(site, dr_bob, alice):
    """A visit at the first free time that lies more than two days ahead."""
    now = timezone.now()
    free = free_slots(provider=dr_bob, state="IL", now=now)
    starts_at = next(at for at in free if at > now + timedelta(days=2))
    return make_visit(dr_bob, alice, starts_at=starts_at)


@SCREENS
def test_a_patient_moves_her_visit_and_the_therapist_sees_it(
    page_for, axe, planned, dr_bob, alice, screen
):
    hers = page_for(alice.user, **screen)
    hers.goto(reverse("appointments:detail", args=[planned.id]))
    axe(hers)
    hers.get_by_role("link", name="Move to another time").click()
    expect(hers.get_by_text("Moving it costs nothing until")).to_be_visible()
    axe(hers)
    hers.locator("button.slot:visible").last.click()
    expect(hers.get_by_role("heading", name="Move the visit to this time?")).to_be_visible()
    axe(hers)
    hers.get_by_role("button", name="Move the visit").click()
    expect(hers.get_by_text("The visit has its new time.")).to_be_visible()
    expect(hers.get_by_text("It was moved; its time before was")).to_be_visible()
    axe(hers)

    his = page_for(dr_bob.user, **screen)
    his.goto(reverse("appointments:detail", args=[planned.id]))
    expect(his.get_by_text("It was moved; its time before was")).to_be_visible()
    assert Appointment.objects.get().starts_at != planned.starts_at


def test_a_time_that_goes_while_one_looks_is_said_with_others(
    page_for, axe, planned, dr_bob, alice, mallory
):
    hers = page_for(alice.user, viewport={"width": 360, "height": 800})
    hers.goto(reverse("appointments:move", args=[planned.id]))
    last = hers.locator("button.slot:visible").last
    wanted = last.get_attribute("value")
    last.click()
    make_visit(dr_bob, mallory, starts_at=datetime.fromisoformat(wanted))

    hers.get_by_role("button", name="Move the visit").click()

    expect(hers.get_by_role("heading", name="That time has just been taken")).to_be_visible()
    axe(hers)
    hers.locator("button.slot:visible").first.click()
    hers.get_by_role("button", name="Move the visit").click()
    expect(hers.get_by_text("The visit has its new time.")).to_be_visible()


@SCREENS
def test_a_patient_repeats_her_visit_past_a_date_that_is_taken(
    page_for, axe, planned, dr_bob, alice, mallory, screen
):
    make_visit(dr_bob, mallory, starts_at=planned.starts_at + timedelta(weeks=1))
    hers = page_for(alice.user, **screen)
    hers.goto(reverse("appointments:detail", args=[planned.id]))
    hers.get_by_role("link", name="Repeat this visit").click()
    axe(hers)
    hers.get_by_label("How many visits, this one included?").fill("4")
    hers.get_by_role("button", name="Show the dates").click()
    expect(hers.get_by_text("Something is in the way of one of them")).to_be_visible()
    axe(hers)
    hers.get_by_label("For this date").select_option(index=1)
    hers.get_by_role("button", name="Book the visits").click()
    expect(hers.get_by_text("3 visits are booked.")).to_be_visible()
    hers.get_by_text("One of a series, 4 still to come").click()
    hers.get_by_text("Cancel this visit").click()
    axe(hers)

    his = page_for(dr_bob.user, **screen)
    his.goto(reverse("appointments:move", args=[planned.id]))
    his.get_by_label("All 4 visits of the series that are still to come").check()
    his.locator("button.slot:visible").first.click()
    expect(his.get_by_role("heading", name="Move these visits?")).to_be_visible()
    axe(his)

    hers.get_by_label("This visit and all after it").check()
    hers.get_by_role("button", name="Cancel", exact=True).click()
    expect(hers.get_by_text("This visit and those after it are cancelled.")).to_be_visible()
    assert not Appointment.objects.filter(patient=alice).exclude(status="cancelled").exists()
