"""A patient decides what she permits, takes her record with her, and has it put right."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Membership
from care import notes
from tests.factories import make_member, make_visit

pytestmark = pytest.mark.journey
SIZES = [
    {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
]


@pytest.fixture
@transaction.atomic
def signed(site, alice, dr_bob):
    starts_at = timezone.now() - timedelta(hours=2)
    visit = make_visit(dr_bob, alice, starts_at=starts_at)
    visit.arrive(now=starts_at)
    note = notes.open_note(appointment=visit, by=dr_bob.user, now=starts_at)
    return notes.sign(note=note, body="Slept badly.", by=dr_bob.user, now=visit.ends_at)


@pytest.fixture
def officer(site, practice):
    return make_member(practice, Membership.Role.PRIVACY_OFFICER, "privacy@example.com")


def fits(page, options):
    assert page.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]


@pytest.mark.parametrize("options", SIZES, ids=["phone, light", "desk, dark"])
def test_a_patient_permits_and_takes_back(page_for, alice, axe, options):
    page = page_for(alice.user, **options)
    page.goto("/home/")
    page.get_by_role("link", name="What you permit").click()
    expect(page.get_by_role("heading", name="What you permit")).to_be_visible()
    axe(page)
    fits(page, options)

    page.get_by_role("link", name="Read and decide Sharing records of substance use").click()
    axe(page)
    fits(page, options)
    page.get_by_role("checkbox").check()
    page.get_by_label("Your full name").fill("Alice Doe")
    page.get_by_role("button", name="Permit it").click()

    expect(page.get_by_text("Permitted since")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back. It counts from now on.")).to_be_visible()
    expect(page.get_by_text("Permitted since")).to_have_count(0)
    fits(page, options)


@pytest.mark.parametrize("options", SIZES, ids=["phone, light", "desk, dark"])
def test_a_patient_takes_her_record_with_her(page_for, alice, signed, axe, options):
    page = page_for(alice.user, **options)
    page.goto("/home/")

    page.get_by_role("link", name="A copy of your record").click()

    expect(page.get_by_role("heading", name="A copy of your record")).to_be_visible()
    axe(page)
    fits(page, options)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download your record").click()
    assert download.value.suggested_filename.startswith("record-")


@pytest.mark.parametrize("options", SIZES, ids=["phone, light", "desk, dark"])
def test_a_change_is_asked_for_and_denied(page_for, alice, officer, signed, axe, options):
    hers, theirs = page_for(alice.user, **options), page_for(officer, **options)
    hers.goto("/amendments/")
    hers.get_by_label("Which entry?").select_option(index=1)
    hers.get_by_label("What should be changed?").fill("I slept well.")
    hers.get_by_label("Why?").fill("I said so.")
    axe(hers)
    hers.get_by_role("button", name="Send the request").click()
    expect(hers.get_by_text("Answer due")).to_be_visible()

    theirs.goto("/amendments/board/")
    axe(theirs)
    fits(theirs, options)
    theirs.get_by_role("link", name="Answer").click()
    theirs.get_by_label("Deny").check()
    theirs.get_by_label("In writing").fill("It is as you said.")
    axe(theirs)
    fits(theirs, options)
    theirs.get_by_role("button", name="Send the answer").click()
    expect(theirs.get_by_text("Nothing waits for an answer.")).to_be_visible()

    hers.reload()
    expect(hers.get_by_text("It is as you said.")).to_be_visible()
    hers.get_by_label("Your statement of disagreement").fill("It is not.")
    axe(hers)
    fits(hers, options)
    hers.get_by_role("button", name="Add my statement").click()
    expect(hers.get_by_text("It is not.")).to_be_visible()


@pytest.mark.parametrize("options", SIZES, ids=["phone, light", "desk, dark"])
def test_what_went_out_by_letter_is_in_her_list(page_for, alice, officer, axe, options):
    theirs = page_for(officer, **options)
    theirs.goto("/disclosures/register/")
    theirs.get_by_label("Patient").fill(alice.user.email)
    theirs.get_by_label("To whom").fill("County court")
    theirs.get_by_label("What", exact=True).fill("The note of March 2")
    theirs.get_by_label("Why").select_option("required-by-law")
    axe(theirs)
    fits(theirs, options)
    theirs.get_by_role("button", name="Enter it").click()
    expect(theirs.get_by_text("County court")).to_be_visible()

    hers = page_for(alice.user, **options)
    hers.goto("/disclosures/")

    expect(hers.get_by_text("County court")).to_be_visible()
    axe(hers)
    fits(hers, options)
