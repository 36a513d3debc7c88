"""One's own calendar: a therapist and a patient give and name addresses, without a script too."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appointments.models import ExternalBusy
from tests.factories import HOUR, make_external_calendar, make_visit
from tests.journeys.screens import SCREENS

pytestmark = pytest.mark.journey

DAY = timedelta(days=1)


def is_within(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def fetched(site, dr_bob, alice):
    """Three calendars of dr_bob's: one is well, one is out of date, one was never fetched."""
    now = timezone.now()
    well = make_external_calendar(
        dr_bob,
        added_at=now - 9 * DAY,
        fetched_at=now - HOUR,
        expanded_at=now - HOUR,
        unread_count=2,
    )
    visit = make_visit(dr_bob, alice, starts_at=now + DAY)
    ExternalBusy.objects.create(
        calendar=well, starts_at=visit.starts_at, ends_at=visit.starts_at + HOUR
    )
    make_external_calendar(
        dr_bob,
        address="https://a-server-with-a-rather-long-name.calendars.example/x.ics",
        added_at=now - 9 * DAY,
        fetched_at=now - 4 * DAY,
        failure="unreachable",
        failures_count=9,
    )
    make_external_calendar(dr_bob, added_at=now)


@SCREENS
def test_a_therapist_reads_how_her_calendars_are(page_for, dr_bob, fetched, axe, screen):
    page = page_for(dr_bob.user, **screen)

    page.goto("/calendars/")

    expect(page.get_by_text("Nobody answers there. We try again by ourselves.")).to_be_visible()
    expect(page.get_by_text("One booked visit meets a time")).to_be_visible()
    axe(page)
    assert is_within(page)

    page.get_by_role("link", name="Add a calendar").click()
    page.get_by_label("The address of your calendar").fill("calendar")
    page.get_by_role("button", name="Add the calendar").click()

    expect(page.get_by_text("This is not an address that we can fetch.")).to_be_visible()
    axe(page)
    assert is_within(page)


@SCREENS
def test_a_patient_makes_an_address_and_ends_it(page_for, alice, screen):
    page = page_for(
        alice.user,
        **screen,
        java_script_enabled=False,
    )
    page.goto("/home/")
    page.get_by_role("link", name="Visits in your own calendar").click()
    page.get_by_role("link", name="Make an address").click()
    page.get_by_role("button", name="Make the address").click()

    address = page.get_by_label("Secret address").input_value()
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/calendars/[\w-]{43}/appointments\.ics", address)

    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="End the address").click()

    expect(page.get_by_text("The address has ended.")).to_be_visible()
    expect(page.get_by_role("link", name="Make an address")).to_be_visible()


@SCREENS
def test_the_pages_of_the_address_are_for_everybody(page_for, alice, axe, screen):
    page = page_for(alice.user, **screen)

    for step in ("/calendars/", "/calendars/feed/", "Make the address"):
        if step.startswith("/"):
            page.goto(step)
        else:
            page.get_by_role("button", name=step).click()
        axe(page)
        assert is_within(page)
