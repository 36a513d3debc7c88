"""A patient answers a reminder, the front desk sees it at once, and calls those whom no notice
reached."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts import contact
from accounts.models import Membership
from appointments import delivery
from core.models import Duty
from tests.factories import make_member, make_visit
from tests.journeys.screens import SCREENS

pytestmark = pytest.mark.journey


@pytest.fixture
@transaction.atomic
def soon(site, alice, dr_bob):
    """A visit that begins in an hour, where the desk is too."""
    return make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(hours=1))


@pytest.fixture
def desk(site, practice):
    return make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com")


def fits(page, screen):
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"]


@SCREENS
def test_she_says_how_she_is_reached(page_for, alice, axe, settings, screen):
    settings.SMS_URL = "mailbox:"
    page = page_for(alice.user, **screen)
    page.goto("/home/")
    page.get_by_role("link", name="How we reach you").click()
    axe(page)
    fits(page, screen)
    page.get_by_label("By text message to your phone").check()
    page.get_by_label("Safe from").fill("09:00")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Give both times, or neither.")).to_be_visible()
    axe(page)
    page.get_by_label("Safe until").fill("17:00")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved. It holds for everything")).to_be_visible()
    expect(page.get_by_label("Safe from")).to_have_value("09:00")
    rules = contact.rules_of(alice)
    assert (rules.by_mail, rules.by_text, rules.safe_hours) == (True, True, (540, 1020))


@SCREENS
def test_she_needs_help_joining_and_the_open_page_of_the_desk_says_so(
    page_for, soon, alice, desk, axe, screen
):
    hers, theirs = page_for(alice.user, **screen), page_for(desk, **screen)
    theirs.goto("/home/")
    expect(theirs.get_by_text("Need help joining")).to_have_count(0)
    hers.goto(f"/visits/{soon.pk}/response/")
    axe(hers)
    fits(hers, screen)
    hers.get_by_role("button", name="I will be there").click()
    expect(hers.get_by_text("You told us on")).to_be_visible()
    hers.get_by_role("button", name="I need help joining").click()

    expect(hers.get_by_role("link", name="Call 312-555-0100")).to_be_visible()
    axe(hers)
    fits(hers, screen)
    expect(theirs.get_by_role("heading", name="Need help joining")).to_be_visible()
    told = theirs.get_by_role("status").filter(has_text="Alice Doe needs help joining.")
    expect(told).to_have_count(1)
    axe(theirs)
    fits(theirs, screen)
    theirs.get_by_role("button", name="Helped").click()
    expect(theirs.get_by_text("Noted. It is off the list.")).to_be_visible()
    expect(theirs.get_by_text("Need help joining")).to_have_count(0)


@SCREENS
def test_the_desk_calls_whom_no_notice_reached(page_for, soon, desk, axe, screen):
    Duty.objects.create(
        kind="notice.reminder-days",
        key=delivery.key(soon, "mail", "patient"),
        payload=delivery.payload(soon, "mail", "patient"),
        due_at=timezone.now(),
        dead_at=timezone.now(),
    )
    page = page_for(desk, **screen)
    page.goto("/home/")
    page.get_by_role("link", name="One notice did not arrive").click()
    axe(page)
    fits(page, screen)
    expect(page.get_by_role("link", name="312-555-0123")).to_be_visible()
    page.get_by_role("button", name="I have told them").click()

    expect(page.get_by_text("Everything that was sent has left.")).to_be_visible()
    axe(page)
    fits(page, screen)
