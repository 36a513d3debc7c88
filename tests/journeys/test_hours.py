"""Hours are kept, calendars and boards are read, entries are checked: on a phone and on a desk."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Membership
from appointments import days
from appointments.models import Leave
from tests.factories import make_member, make_visit
from tests.journeys.screens import SCREENS, open_menu

pytestmark = pytest.mark.journey


def fits(page, screen):
    return page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"]


def soon(hour):
    """A weekday some days away, at an hour of Chicago."""
    at = timezone.now() + timedelta(days=3)
    at += timedelta(days=(7 - at.weekday()) % 7)  # the next Monday
    return at.replace(hour=hour + 6, minute=0, second=0, microsecond=0)


def tell(page, visit):
    """Say that the day has changed until the page, whose socket may still be opening, hears it."""
    for _ in range(20):
        days.publish_change(visit)
        page.wait_for_timeout(250)  # milliseconds
        if page.get_by_role("link", name="Alice Doe").count():
            return


@SCREENS
def test_she_changes_her_week_and_is_asked_about_a_visit(page_for, axe, dr_bob, alice, screen):
    make_visit(dr_bob, alice, starts_at=soon(10))
    page = page_for(dr_bob.user, **screen)

    page.goto(reverse("home"))
    open_menu(page)
    page.get_by_role("link", name="Hours", exact=True).click()
    expect(page.get_by_role("heading", name="Hours of Bob Ray, PsyD")).to_be_visible()
    axe(page)
    assert fits(page, screen)
    monday = page.get_by_role("group", name="Monday")
    monday.get_by_label("From").first.fill("14:00")
    monday.get_by_label("Until").first.fill("13:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The end comes before the beginning.")).to_be_visible()
    axe(page)
    monday.get_by_label("Until").first.fill("18:00")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("One booked visit would lie outside of these hours.")).to_be_visible()
    axe(page)
    expect(monday.get_by_label("From").first).to_have_value("14:00")
    page.get_by_role("button", name="Save all the same").click()
    expect(page.get_by_text("Saved. What people are offered has changed with it.")).to_be_visible()
    expect(monday.get_by_label("From").first).to_have_value("14:00")


def test_she_draws_her_week_by_keys_and_by_hand(page_for, axe, dr_bob):
    page = page_for(dr_bob.user, viewport={"width": 1280, "height": 1400})
    page.goto(reverse("appointments:hours", args=[dr_bob.slug]))
    monday, saturday = (page.get_by_role("group", name=day) for day in ("Monday", "Saturday"))
    start = page.get_by_role("slider", name="Monday, from")
    axe(page)

    expect(start).to_have_attribute("aria-valuetext", re.compile("^9:00.AM$"))
    start.press("ArrowDown")
    start.press("PageDown")
    expect(monday.get_by_label("From").first).to_have_value("10:15")
    expect(start).to_have_attribute("aria-valuetext", re.compile("^10:15.AM$"))
    expect(start).to_be_focused()

    drag(page, page.get_by_role("slider", name="Monday, until"), down=-48)  # two hours
    expect(monday.get_by_label("Until").first).to_have_value("15:00")

    place = page.locator(".week-hours").nth(5)
    place.click(position={"x": 20, "y": 9 * 24})
    expect(saturday.get_by_label("From")).to_have_value("09:00")
    expect(saturday.get_by_label("Until")).to_have_value("10:00")

    monday.get_by_label("From").first.fill("08:00")
    expect(start).to_have_attribute("aria-valuenow", "480")
    axe(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. What people are offered has changed with it.")).to_be_visible()
    rules = dr_bob.availability_rules.order_by("weekday").values_list(
        "weekday", "from_minute", "to_minute"
    )
    assert (rules[0], rules[5]) == ((0, 480, 900), (5, 540, 600))


def drag(page, handle, *, down):
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + down, steps=4)
    page.mouse.up()


@SCREENS
def test_she_closes_a_date_and_goes_on_leave(page_for, axe, dr_bob, screen):
    day = (timezone.now() + timedelta(days=20)).date().isoformat()
    page = page_for(dr_bob.user, **screen)

    page.goto(reverse("appointments:hours_dates", args=[dr_bob.slug]))
    axe(page)
    page.get_by_label("Date").fill(day)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(": Closed")).to_be_visible()
    axe(page)
    assert fits(page, screen)

    page.get_by_role("link", name="Leave").click()
    axe(page)
    page.get_by_label("First day away").fill(day)
    page.get_by_label("Last day away").fill(day)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Take back")).to_be_visible()
    axe(page)
    assert fits(page, screen)


@SCREENS
def test_the_calendar_by_month_week_and_day_changes_while_it_is_open(
    page_for, axe, dr_bob, alice, screen
):
    monday = soon(10)
    away = (monday + timedelta(days=1)).date()
    Leave.objects.create(provider=dr_bob, first_on=away, last_on=away, reason="training")
    page = page_for(dr_bob.user, **screen)

    page.goto(reverse("calendar_month") + f"?on={monday.date()}")
    axe(page)
    assert fits(page, screen)
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page.get_by_text("On leave: Training")).to_be_visible()
    axe(page)
    assert fits(page, screen)
    tell(page, make_visit(dr_bob, alice, starts_at=monday))
    expect(page.get_by_role("link", name="Alice Doe")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Day", exact=True).click()
    expect(page.get_by_text("Alice Doe").first).to_be_visible()
    axe(page)
    assert fits(page, screen)


@SCREENS
def test_the_front_desk_sees_everybodys_day(page_for, axe, practice, dr_bob, carol, alice, screen):
    monday = soon(10)
    make_visit(dr_bob, alice, starts_at=monday)
    desk = make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com")
    page = page_for(desk, **screen)

    page.goto(reverse("board") + f"?on={monday.date()}")

    expect(page.get_by_role("heading", name="Carol Fox, PsyD")).to_be_visible()
    expect(page.get_by_text("Alice Doe")).to_be_visible()
    axe(page)
    assert fits(page, screen)


@SCREENS
def test_the_practice_enters_a_licence_and_checks_the_entry(
    page_for, axe, practice, dr_bob, screen
):
    boss = make_member(practice, Membership.Role.ADMIN, "boss@example.com")
    page = page_for(boss, **screen)

    page.goto(reverse("home"))
    axe(page)
    open_menu(page)
    page.get_by_role("link", name="Therapists", exact=True).click()
    axe(page)
    page.get_by_role("link", name="Open the entry Bob Ray, PsyD").click()
    page.get_by_text("Enter a license").click()
    axe(page)
    assert fits(page, screen)
    page.get_by_label("State that issued it").select_option("WI")
    page.get_by_label("Number", exact=True).fill("WI-7")
    page.get_by_label("First day on which it is valid").fill("2026-01-01")
    page.get_by_label("Last day on which it is valid").fill("2028-12-31")
    page.get_by_role("button", name="Enter it").click()
    expect(page.get_by_text("Wisconsin, WI-7")).to_be_visible()
    page.get_by_role("button", name="I have checked this entry today").click()
    expect(page.get_by_text("Noted: you have checked this entry today.")).to_be_visible()
    page.get_by_role("link", name="Let it end Wisconsin WI-7").click()
    axe(page)
    assert fits(page, screen)
