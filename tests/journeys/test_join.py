"""Coming to a visit by the link in a letter, in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sessions import join_links
from tests.factories import make_visit
from tests.journeys.test_room import check_in

pytestmark = pytest.mark.journey

WIDTHS = [{"width": 360, "height": 740}, {"width": 1280, "height": 800}]


@pytest.fixture
def visit(dr_bob, alice):
    return make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(minutes=5))


@pytest.fixture
def token(site, visit):
    return join_links.make(appointment=visit, now=timezone.now())


@pytest.mark.parametrize("viewport", WIDTHS)
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_token_leaves_the_address_and_a_date_opens_the_visit(
    page_for, token, visit, axe, viewport, color_scheme
):
    page = page_for(None, viewport=viewport, color_scheme=color_scheme)
    page.goto(f"/join/#{token}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Come to your visit")
    expect(page.get_by_label("The link from your email")).to_be_hidden()
    assert token not in page.url
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    axe(page)

    page.get_by_label("Date of birth of the patient").fill("1991-05-05")
    page.get_by_role("button", name="Go to the visit").click()
    expect(page.get_by_text("This is not the date we have.")).to_be_visible()
    axe(page)
    page.get_by_label("Date of birth of the patient").fill("1991-05-04")
    page.get_by_role("button", name="Go to the visit").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Check in")
    check_in(page, visit)
    page.get_by_role("link", name="Go to the waiting room").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are in the waiting room")
    axe(page)


def test_without_scripts_the_link_is_pasted(page_for, token, axe):
    page = page_for(None, java_script_enabled=False)
    page.goto(f"/join/#{token}")

    page.get_by_label("The link from your email").fill(join_links.address_of(token))
    page.get_by_label("Date of birth of the patient").fill("1991-05-04")
    page.get_by_role("button", name="Go to the visit").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Check in")


def test_a_second_browser_is_told_and_offered_a_new_link(page_for, token, axe):
    for number, browser in enumerate([page_for(None), page_for(None)]):
        browser.goto(f"/join/#{token}")
        browser.get_by_label("Date of birth of the patient").fill("1991-05-04")
        browser.get_by_role("button", name="Go to the visit").click()
        heading = ["Check in", "This link does not work here"][number]
        expect(browser.get_by_role("heading", level=1)).to_have_text(heading)

    axe(browser)
    browser.get_by_role("button", name="Send me a new link").click()
    expect(browser.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    axe(browser)
