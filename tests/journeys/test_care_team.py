"""Care ends and begins again; a supervisor and a therapist agree; each sees what is theirs."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Membership
from billing import charges
from messaging import threads
from tests.factories import make_care, make_member, make_visit
from tests.journeys.screens import SCREENS

pytestmark = pytest.mark.journey
Role = Membership.Role


@pytest.fixture
def written(signed):
    """The visit of the signed note, with a charge and a thread."""
    visit = signed.encounter.appointment
    charges.draft(appointment=visit, now=timezone.now())
    threads.open_for(visit, now=timezone.now())
    return visit


@SCREENS
def test_care_ends_and_the_admin_opens_it_again(
    page_for, axe, written, practice, dr_bob, alice, screen
):
    his, hers = page_for(dr_bob.user, **screen), page_for(alice.user, **screen)
    his.goto(reverse("appointments:detail", args=[written.id]))
    his.get_by_role("link", name="End the care of Alice Doe").click()
    his.get_by_label("The treatment is complete").check()
    axe(his)
    his.get_by_role("button", name="End the care").click()
    expect(his.get_by_text("The care has ended.")).to_be_visible()

    hers.goto(reverse("messaging:thread", args=[threads.open_for(written, now=timezone.now()).id]))
    expect(hers.get_by_text("nobody would read a message here")).to_be_visible()
    axe(hers)

    admins = page_for(make_member(practice, Role.ADMIN, "admin@example.com"), **screen)
    admins.goto(reverse("accounts:care_team"))
    admins.get_by_text("Add someone to a care team").click()
    axe(admins)
    admins.get_by_role("button", name="Open again").click()
    expect(admins.get_by_text("The care is open again")).to_be_visible()

    his.goto(reverse("appointments:list"))
    axe(his)
    expect(his.get_by_text("Alice Doe")).to_be_visible()


def test_the_page_says_what_is_still_to_do(page_for, axe, site, dr_bob, alice):
    make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(days=2))
    his = page_for(dr_bob.user)

    his.goto(reverse("appointments:care_ending", args=[alice.ref]))

    expect(his.get_by_text("the care cannot end yet")).to_be_visible()
    axe(his)


@SCREENS
def test_two_agree_and_one_reads(page_for, axe, written, practice, dr_bob, screen):
    supervisor = page_for(make_member(practice, Role.SUPERVISOR, "sue@example.com"), **screen)
    his = page_for(dr_bob.user, **screen)
    supervisor.goto(reverse("care:supervision"))
    axe(supervisor)
    supervisor.get_by_label("Whose notes will you read?").select_option("Bob Ray, PsyD")
    until = timezone.now() + timedelta(days=90)
    supervisor.get_by_label("Until, this day included").fill(f"{until:%Y-%m-%d}")
    supervisor.get_by_role("button", name="Sign and propose").click()
    expect(supervisor.get_by_text("To sign", exact=True)).to_be_visible()

    his.goto(reverse("care:supervision"))
    axe(his)
    his.get_by_role("button", name="Sign sue@example.com").click()
    expect(his.get_by_text("In force")).to_be_visible()

    supervisor.reload()
    supervisor.get_by_role("link", name="Read notes").click()
    axe(supervisor)
    supervisor.get_by_role("link", name="Read Alice Doe").click()
    expect(supervisor.get_by_text("Slept better.")).to_be_visible()
    axe(supervisor)


@SCREENS
def test_the_others_see_what_their_work_takes(page_for, axe, written, practice, alice, screen):
    peer = make_member(practice, Role.PEER, "peer@example.com")
    make_care(alice, peer, "peer")
    billing = page_for(make_member(practice, Role.BILLING, "billing@example.com"), **screen)
    peers = page_for(peer, **screen)

    billing.goto(reverse("billing:claims"))
    peers.goto(reverse("home"))

    expect(billing.get_by_text("90834-95, 10")).to_be_visible()
    expect(billing.get_by_text("Slept better.")).to_have_count(0)
    expect(peers.get_by_text("Alice Doe")).to_be_visible()
    axe(billing)
    axe(peers)


@SCREENS
def test_an_account_is_closed_at_once_and_the_patient_is_told_on_her_open_page(
    page_for, axe, site, practice, dr_bob, alice, screen
):
    visit = make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(days=2))
    thread = threads.open_for(visit, now=timezone.now())
    hers = page_for(alice.user, **screen)
    hers.goto(reverse("messaging:thread", args=[thread.id]))

    admins = page_for(make_member(practice, Role.ADMIN, "admin@example.com"), **screen)
    admins.goto(reverse("accounts:closing", args=[dr_bob.user.memberships.get().pk]))
    admins.get_by_role("button", name="Close the account").click()
    expect(admins.get_by_text("Nothing was changed")).to_be_visible()
    axe(admins)
    admins.get_by_label("Close it at once").check()
    admins.get_by_role("button", name="Close the account").click()
    admins.goto(reverse("home"))
    expect(admins.get_by_text("Visits whose therapist no longer works here")).to_be_visible()
    axe(admins)

    hers.get_by_label("Your message").fill("Are you there?")
    hers.get_by_role("button", name="Send").click()
    expect(hers.get_by_text("is not reading messages here any more")).to_be_visible()
    expect(hers.get_by_text("Are you there?")).to_be_visible()
    expect(hers.get_by_text("Usually answers within")).to_have_count(0)
    axe(hers)
