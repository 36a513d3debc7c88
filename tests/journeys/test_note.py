import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from appointments import attendance
from care.models import ProgressNote
from tests.factories import make_visit

pytestmark = pytest.mark.journey
SAVED = re.compile(r"^Saved \d")
WORDS = "Slept better. Plan: keep the diary."


@pytest.fixture
def address(site, dr_bob, alice):
    """The note of a visit that ended an hour ago."""
    starts_at = timezone.now() - timedelta(hours=2)
    visit = make_visit(dr_bob, alice, starts_at=starts_at)
    attendance.record_arrival(appointment=visit, now=starts_at)
    attendance.record_attendance(
        appointment=visit,
        started_at=starts_at,
        ended_at=starts_at + timedelta(minutes=48),
        modality="video",
        patient_state="IL",
        is_at_home=True,
    )
    return reverse("care:note", args=[visit.id])


@pytest.fixture
def open_note(page_for, dr_bob, address):
    def open_page(**options):
        page = page_for(dr_bob.user, **options)
        page.goto(address)
        return page

    return open_page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_note_saves_itself_and_is_signed(open_note, axe, width, scheme):
    page = open_note(viewport={"width": width, "height": 800}, color_scheme=scheme)
    axe(page)

    page.get_by_label("Your note").fill(WORDS)

    expect(page.get_by_text(SAVED)).to_be_visible(timeout=20_000)
    assert ProgressNote.objects.get().body == WORDS

    page.get_by_role("button", name="Sign and finish").click()
    page.wait_for_url("**/charges/**")

    assert ProgressNote.objects.get().is_signed


def test_words_outlast_a_lost_connection(open_note, address):
    page = open_note()
    page.route("**/note/", lambda route: route.abort())

    page.get_by_label("Your note").fill(WORDS)

    expect(page.get_by_text("Not saved yet. Your words are still here.")).to_be_visible(
        timeout=20_000
    )

    page.unroute("**/note/")

    expect(page.get_by_text(SAVED)).to_be_visible(timeout=20_000)
    assert ProgressNote.objects.get().body == WORDS


@pytest.mark.parametrize("button", ["Save draft", "Sign and finish"])
def test_a_press_while_the_server_is_away_keeps_the_words(open_note, button):
    page = open_note()
    page.get_by_label("Your note").fill(WORDS)
    page.context.set_offline(True)

    page.get_by_role("button", name=button).click()

    expect(page.get_by_text("Not saved yet. Your words are still here.")).to_be_visible()
    expect(page.get_by_text("Not saved yet. Your words are still here.")).to_have_class(
        "notice notice--warning"
    )
    expect(page.get_by_label("Your note")).to_have_value(WORDS)

    page.context.set_offline(False)
    page.get_by_role("button", name=button).click()
    page.wait_for_load_state()

    if button == "Sign and finish":
        page.wait_for_url("**/charges/**")
        assert ProgressNote.objects.get().is_signed
    else:
        expect(page.get_by_text(SAVED)).to_be_visible()
    assert ProgressNote.objects.get().body == WORDS


def test_two_windows_lose_nothing(open_note, axe):
    first, second = open_note(), open_note()
    first.get_by_label("Your note").fill("In one window")
    expect(first.get_by_text(SAVED)).to_be_visible(timeout=20_000)

    second.get_by_label("Your note").fill("In another")

    expect(second.get_by_text("This note was changed in another window.")).to_be_visible(
        timeout=20_000
    )

    second.get_by_role("button", name="Save draft").click()

    expect(second.get_by_role("alert")).to_contain_text("In one window")
    expect(second.get_by_label("Your note")).to_have_value("In another")
    axe(second)
