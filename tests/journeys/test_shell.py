"""What every page has: the quick exit, and targets that a trembling thumb can hit."""

import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Membership
from messaging import threads
from tests.factories import NOW, make_member, make_patient, make_visit
from tests.journeys.test_room import check_in
from tests.live_site import wait_until

pytestmark = pytest.mark.journey

PHONE = {"width": 360, "height": 740}
TOUCH = 44  # pixels
# Links within a sentence may be as small as its words; all else is pressed with a thumb.
SMALL = """
  least => {
    const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
    const hasWordsBeside = (element) =>
      [...element.parentElement.childNodes].some((n) => n !== element && n.textContent.trim());
    const isInSentence = (element) =>
      element.localName === "a" &&
      getComputedStyle(element).display === "inline" &&
      hasWordsBeside(element);
    const isNumber = ({ href }) => /^(tel|sms):/.test(href ?? "");
    const target = (element) => element.closest("label") ?? element;
    const words = (element) => {
      const { width, height } = target(element).getBoundingClientRect();
      const size = `${Math.round(width)} x ${Math.round(height)}`;
      return `${element.localName} ${element.textContent.trim() || element.name}: ${size}`;
    };
    const pressed = "a, button, summary, select, textarea, input:not([type=hidden])";
    return [...document.querySelectorAll(pressed)]
      .filter((element) => isShown(element) && !element.closest(".skip"))
      .filter((element) => !isInSentence(element) || isNumber(element))
      .filter((element) => {
        const { width, height } = target(element).getBoundingClientRect();
        return Math.min(width, height) < least - 0.5;
      })
      .map(words);
  }
"""


@pytest.fixture
def visit(dr_bob, alice):
    """A booked visit that starts in five minutes."""
    return make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(minutes=5))


@pytest.fixture
def thread(visit):
    return threads.open_for(visit, now=NOW)


@pytest.fixture
def hers(page_for, alice) -> Page:
    return page_for(alice.user, viewport=PHONE)


def too_small(page: Page) -> list[str]:
    return page.evaluate(SMALL, TOUCH)


@pytest.mark.parametrize(
    "address",
    [
        "/home/", "/visits/", "/messages/", "/messages/{thread}/", "/visits/{visit}/check-in/",
        "/visits/{visit}/devices/", "/card/", "/receipts/", "/account/about-you/",
        "/account/access/", "/account/password/change/", "/help-now/", "/visits/{visit}/", "/",
    ],
)  # fmt: skip
def test_what_a_patient_presses_is_large_enough(hers, visit, thread, address, axe):
    page = hers.goto(address.format(visit=visit.id, thread=thread.id))
    assert page.status == HTTPStatus.OK
    hers.wait_for_load_state("networkidle")

    assert too_small(hers) == []
    assert hers.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    axe(hers)


@pytest.mark.parametrize("address", ["/account/login/", "/account/signup/"])
def test_what_a_visitor_presses_is_large_enough(page_for, address):
    page = page_for(None, viewport=PHONE)

    page.goto(address)

    assert too_small(page) == []


def test_in_the_room_too(hers, visit, axe):
    check_in(hers, visit)
    hers.goto(f"/visits/{visit.id}/room/")
    expect(hers.get_by_role("button", name="Mute", exact=True)).to_be_enabled()
    hers.get_by_role("button", name="I need help").click()

    assert too_small(hers) == []
    assert hers.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    axe(hers)


def test_where_a_visit_cannot_start_too(hers, visit, axe):
    hers.goto(f"/visits/{visit.id}/check-in/")
    hers.get_by_label("Which state").select_option("NV")
    hers.get_by_label("Yes").check()
    hers.get_by_label("The address where you are").fill("12 Elm Street")
    hers.get_by_label("I am somewhere nobody else can hear me").check()
    hers.get_by_role("button", name="Continue").click()
    expect(hers.get_by_role("heading", level=1)).to_have_text("We cannot start this visit today")

    assert too_small(hers) == []
    axe(hers)


def test_a_long_menu_is_folded_on_a_phone(page_for, dr_bob, axe):
    his = page_for(dr_bob.user, viewport=PHONE)
    his.goto("/home/")
    link, menu = his.get_by_role("link", name="Hours"), his.get_by_role("button", name="Menu")
    expect(link).to_be_hidden()

    menu.press("Enter")
    expect(link).to_be_visible()
    assert too_small(his) == []
    axe(his)
    his.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(menu).to_be_focused()

    menu.click()
    link.click()
    expect(his).to_have_url(re.compile("/hours/"))
    axe(his)


def test_a_wide_page_shows_the_whole_menu_and_a_short_one_is_never_folded(page_for, dr_bob, hers):
    his = page_for(dr_bob.user)
    for page in (his, hers):
        page.goto("/home/")

        expect(page.get_by_role("link", name="Messages").first).to_be_visible()
        expect(page.get_by_role("button", name="Menu")).to_be_hidden()


def test_an_unknown_address_keeps_no_connection(hers):
    before = connections_open()

    pages = [hers.goto(f"/nothing/{number}/") for number in range(3)]

    assert [page.status for page in pages] == [HTTPStatus.NOT_FOUND] * 3
    wait_until(lambda: connections_open() <= before)


def connections_open() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return cursor.fetchone()[0]


@pytest.fixture
def weather() -> Callable[[Page], None]:
    """Return a function that lets a page leave for somewhere else, as if on the real internet."""

    def stand_in(page: Page) -> None:
        page.route("https://www.weather.gov/", lambda route: route.fulfill(body="Sunny"))

    return stand_in


def test_a_quick_exit_signs_out_so_that_back_shows_nothing(hers, weather):
    weather(hers)
    hers.goto("/visits/")
    hers.goto("/home/")

    hers.get_by_role("link", name="Quick exit").click()

    expect(hers.get_by_text("Sunny")).to_be_visible()
    wait_until(lambda: not Session.objects.exists())
    hers.go_back()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_quick_exit_from_the_page_of_help_signs_out_too(hers, weather):
    weather(hers)
    hers.goto("/home/")
    hers.goto("/help-now/")

    hers.get_by_role("link", name="Quick exit").click()

    expect(hers.get_by_text("Sunny")).to_be_visible()
    wait_until(lambda: not Session.objects.exists())


def test_the_first_page_of_a_shared_link_is_in_the_browsers_zone_too(new_context, site, dr_bob):
    page = new_context(timezone_id="America/Los_Angeles").new_page()

    page.goto(f"{site}/?state=IL")

    expect(page.locator("[data-zone]").first).to_contain_text("Times are in Pacific Time")


def test_a_browser_that_keeps_no_cookie_is_shown_the_states_zone(new_context, site, dr_bob):
    context = new_context(timezone_id="America/Los_Angeles")
    context.add_init_script(
        "Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set: () => {}})"
    )
    page, loads = context.new_page(), []
    page.on("load", lambda _: loads.append(page.url))

    page.goto(f"{site}/?state=IL")

    expect(page.locator("[data-zone]").first).to_contain_text("Times are in Central Time")
    assert len(loads) == 1


LONG = "Wolfeschlegelsteinhausenbergerdorff-Ramanujanathan O'Connor-McGillicuddy y Fernández"


def test_a_long_name_is_not_wider_than_a_phone(page_for, site, practice, dr_bob):
    make_visit(dr_bob, make_patient(practice, LONG), starts_at=timezone.now())  # today, at any hour
    admin = make_member(practice, Membership.Role.ADMIN, "admin@example.com")
    pages = {dr_bob.user: ["home", "appointments:list"], admin: ["accounts:care_team", "home"]}

    for person, names in pages.items():
        page = page_for(person, viewport=PHONE)
        for name in names:
            page.goto(reverse(name))
            expect(page.get_by_text(LONG).first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
