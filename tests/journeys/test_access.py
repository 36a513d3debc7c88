"""A patient asks who looked at her record; the privacy officer looks, and takes a copy."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Membership
from core import audit
from tests.factories import make_member

pytestmark = pytest.mark.journey
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def officer(site, practice):
    return make_member(practice, Membership.Role.PRIVACY_OFFICER, "privacy@example.com")


@pytest.fixture
def looked(site, alice, mallory, dr_bob):
    """Dr. Bob read two patients' notes just now."""
    audit.record_reads(
        "note.read", patient_ids=[alice.pk, mallory.pk], by=dr_bob.user, at=timezone.now()
    )


def test_a_patient_finds_out_who_looked(page_for, alice, looked, axe):
    page = page_for(alice.user, viewport=PHONE)
    page.goto("/home/")

    page.get_by_role("link", name="Who looked at my record").click()

    expect(page.get_by_role("listitem").filter(has_text="Bob Ray, PsyD")).to_contain_text(
        "Read a visit's note"
    )
    expect(page.get_by_text("Times are in Central Time (Chicago).")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    axe(page)


def test_a_patient_whom_nobody_looked_at_is_told_so(page_for, alice, axe):
    page = page_for(alice.user)
    page.goto("/account/access/")

    expect(page.get_by_text("Nobody but you has opened your record so far.")).to_be_visible()
    axe(page)


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 800}])
def test_the_privacy_officer_searches_and_takes_a_copy(
    page_for, officer, alice, looked, axe, viewport
):
    page = page_for(officer, viewport=viewport)
    page.goto("/home/")
    expect(page.get_by_role("heading", name="Access log")).to_be_visible()
    axe(page)

    page.get_by_label("Patient (optional)").fill(alice.user.email)
    page.get_by_role("button", name="Search").click()

    entries = page.get_by_role("listitem").filter(has_text="Read a visit's note")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("Alice Doe")
    assert "example.com" not in page.url
    axe(page)
    page.get_by_role("link", name="Take a copy").click()
    expect(page.get_by_text("One entry, from")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="As a table (CSV)").click()
    assert download.value.suggested_filename.endswith(".csv")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    axe(page)


def test_a_search_for_nobody_keeps_what_was_typed(page_for, officer, axe):
    page = page_for(officer)
    page.goto("/account/access-log/")

    page.get_by_label("Patient (optional)").fill("nobody")
    page.get_by_role("button", name="Search").click()

    expect(page.get_by_text("No patient of the practice has this address")).to_be_visible()
    expect(page.get_by_label("Patient (optional)")).to_have_value("nobody")
    axe(page)
