"""An emergency: a therapist outside the care reads, the patient sees it, the officer judges it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import EmergencyAccess, Membership
from accounts.models.emergency_access import LASTS
from tests.factories import make_member
from tests.journeys.screens import SCREENS, open_menu

pytestmark = pytest.mark.journey


@pytest.fixture
def officer(site, practice):
    return make_member(practice, Membership.Role.PRIVACY_OFFICER, "privacy@example.com")


@SCREENS
def test_one_reads_one_is_told_one_judges(page_for, axe, signed, officer, carol, alice, screen):
    hers, patients, officers = (page_for(u, **screen) for u in (carol.user, alice.user, officer))

    def is_well(page):
        axe(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= screen["viewport"]["width"]

    # She looks for the patient by another spelling first.
    hers.goto(reverse("home"))
    open_menu(hers)
    hers.get_by_role("link", name="Emergency access").click()
    is_well(hers)
    hers.get_by_label("Full legal name of the patient").fill("Alice Dow")
    hers.get_by_label("Date of birth").fill("1991-05-04")
    hers.get_by_label("A medical emergency").check()
    hers.get_by_label("What happened, in your words").fill("Found unconscious at a station.")
    hers.get_by_role("button", name="Open the record for 30 minutes").click()
    expect(hers.get_by_text("Nobody in your practice has exactly this name")).to_be_visible()
    is_well(hers)

    # What she typed is still there; the right name opens the record.
    expect(hers.get_by_label("A medical emergency")).to_be_checked()
    hers.get_by_label("Full legal name of the patient").fill("alice doe")
    hers.get_by_role("button", name="Open the record for 30 minutes").click()
    expect(hers.get_by_role("heading", name="Alice Doe")).to_be_visible()
    expect(hers.get_by_text("Sam Doe, Brother")).to_be_visible()
    is_well(hers)
    hers.get_by_role("link", name="Read Bob Ray, PsyD").click()
    expect(hers.get_by_text("Slept better.")).to_be_visible()
    expect(hers.get_by_text("Emergency access until")).to_be_visible()
    is_well(hers)

    # Both were told, in words that say nothing.
    letters = [letter for letter in mail.outbox if letter.subject == "News in your account"]
    assert {letter.to[0] for letter in letters} == {"alice@example.com", officer.email}

    # She ends it; what she had open is gone.
    read = hers.url
    hers.get_by_role("button", name="End it now").click()
    expect(hers.get_by_text("The record is closed.")).to_be_visible()
    assert hers.goto(read).status == 404

    # The patient sees who looked, and how.
    patients.goto(reverse("accounts:access"))
    row = patients.get_by_role("listitem").filter(has_text="Opened the record in an emergency, for")
    expect(row).to_contain_text("Carol Fox, PsyD")
    is_well(patients)

    # The officer judges it.
    officers.goto(reverse("home"))
    officers.get_by_role("link", name="Emergency reviews").click()
    is_well(officers)
    officers.get_by_role("link", name="Review Carol Fox, PsyD, Alice Doe").click()
    expect(officers.get_by_text("Found unconscious at a station.")).to_be_visible()
    officers.get_by_label("Not appropriate").check()
    officers.get_by_role("button", name="Keep the review").click()
    expect(officers.get_by_text("Write what was wrong, and what follows from it.")).to_be_visible()
    is_well(officers)
    officers.get_by_label("Your note").fill("The ward could have called Dr. Ray.")
    officers.get_by_role("button", name="Keep the review").click()
    expect(officers.get_by_text("Nothing waits.")).to_be_visible()
    is_well(officers)


def test_what_waits_for_more_than_a_week_says_so(page_for, axe, officer, carol, alice):
    starts_at = timezone.now() - timedelta(days=9)
    EmergencyAccess.objects.create(
        patient=alice,
        person=carol.user,
        reason="medical",
        circumstances="Found unconscious.",
        starts_at=starts_at,
        ends_at=starts_at + LASTS,
    )
    page = page_for(officer)

    page.goto(reverse("accounts:emergency_reviews"))

    expect(page.get_by_text("Overdue")).to_be_visible()
    axe(page)
