"""A visit that nobody came to, from the therapist's page to the fee that is waived or charged."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Membership
from billing.models import FeeProposal
from tests.factories import make_member, make_visit
from tests.journeys.screens import SCREENS

pytestmark = pytest.mark.journey
DAY, HALF_AN_HOUR = timedelta(days=1), timedelta(minutes=30)


def make_earlier(provider, patient):
    """It happened to her before, so the first time is over."""
    at = timezone.now() - 30 * DAY
    off = make_visit(provider, patient, starts_at=at, status="cancelled", cancelled_at=at)
    return FeeProposal.objects.create(
        appointment=off, reason="late-cancellation", amount_cents=100, proposed_at=at
    )


def looks(page, axe, heading):
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), heading
    axe(page)


def open_folds(page):
    for summary in page.locator("main details.fold:not([open]) > summary").all():
        summary.click()


@SCREENS
def test_nobody_came_and_the_desk_waives_the_fee(
    page_for, axe, practice, dr_bob, alice, biller, screen
):
    visit = make_visit(dr_bob, alice, starts_at=timezone.now() - HALF_AN_HOUR)
    make_earlier(dr_bob, alice)
    front = make_member(practice, Membership.Role.FRONT_DESK, "front@example.com")

    his = page_for(dr_bob.user, **screen)
    his.goto(reverse("appointments:detail", args=[visit.id]))
    open_folds(his)
    looks(his, axe, "Visit of Alice Doe")
    his.get_by_role("button", name="Nobody came").click()
    expect(his.get_by_text("Noted: nobody came.")).to_be_visible()
    open_folds(his)
    looks(his, axe, "Visit of Alice Doe")

    hers = page_for(alice.user, **screen)
    hers.goto(reverse("appointments:detail", args=[visit.id]))
    expect(hers.get_by_text("Nothing has been charged")).to_be_visible()
    looks(hers, axe, "Visit with Bob Ray")

    desk = page_for(front, **screen)
    desk.goto("/home/")
    open_folds(desk)
    looks(desk, axe, practice.name)
    desk.get_by_role("link", name="2 fees to decide on").click()
    looks(desk, axe, "Fees to decide on")
    desk.get_by_role("link", name="Look at it").last.click()
    looks(desk, axe, "Fee for a visit that did not take place")
    desk.get_by_label("Why").select_option("One of the reasons in the policy")
    desk.get_by_role("button", name="Waive the fee").click()
    expect(desk.get_by_text("The fee is waived, and the patient is told so.")).to_be_visible()
    looks(desk, axe, "Fee for a visit that did not take place")

    hers.reload()
    expect(hers.get_by_text("The fee was waived: it costs you nothing.")).to_be_visible()


@SCREENS
def test_billing_looks_at_who_pays_and_charges_less(
    page_for, axe, practice, dr_bob, alice, biller, screen
):
    proposal = make_earlier(dr_bob, alice)

    books = page_for(biller, **screen)
    books.goto(reverse("billing:fee", args=[proposal.pk]))
    books.get_by_role("link", name="Who pays").click()
    looks(books, axe, "Who pays for the care of Alice Doe")
    books.get_by_label("Who pays").select_option("Medicare")
    books.get_by_label("First day").fill("2026-01-01")
    books.get_by_role("button", name="Keep it").click()
    expect(books.get_by_text("Who pays is kept.")).to_be_visible()
    open_folds(books)
    looks(books, axe, "Who pays for the care of Alice Doe")
    books.goto(reverse("billing:fee", args=[proposal.pk]))
    books.get_by_label("Fee to charge, in dollars").fill("1")
    books.get_by_role("button", name="Charge the fee").click()
    expect(books.get_by_text("Charged: $1.00")).to_be_visible()
    books.goto(reverse("billing:fee_list"))
    looks(books, axe, "Fees to decide on")
    expect(books.get_by_text("No fee waits for a decision.")).to_be_visible()


@SCREENS
def test_an_admin_sets_the_policy(page_for, axe, practice, screen):
    boss = make_member(practice, Membership.Role.ADMIN, "boss@example.com")

    page = page_for(boss, **screen)
    page.goto(reverse("appointments:cancellation_policies"))
    looks(page, axe, "Cancellation policy")
    page.get_by_label("First day").fill("2199-01-01")
    page.get_by_label("Hours before the start").fill("48")
    page.get_by_label("Fee for cancelling or moving").fill("50")
    page.get_by_label("Fee for not coming").fill("60")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("The policy is kept.")).to_be_visible()
    expect(page.get_by_text("free until 48 hours before the start, then $50.00")).to_be_visible()
    looks(page, axe, "Cancellation policy")
