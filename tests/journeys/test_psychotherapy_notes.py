"""A therapist keeps a note for herself, reads it, and destroys it."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from care.models import PsychotherapyNote
from tests.factories import end_all_care, make_psychotherapy_note, make_visit

pytestmark = pytest.mark.journey
WORDS = "Reminds me of my own brother."
SIZES = [
    {"viewport": {"width": width, "height": 780}, "color_scheme": scheme}
    for width in (360, 1280)
    for scheme in ("light", "dark")
]


@pytest.fixture
@transaction.atomic
def visit(site, alice, dr_bob):
    return make_visit(dr_bob, alice, starts_at=timezone.now() - timedelta(hours=2))


def fits(page, options):
    assert page.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]


@pytest.mark.parametrize(
    "options", SIZES, ids=lambda o: "{viewport[width]}, {color_scheme}".format(**o)
)
def test_a_note_from_the_visit_to_its_end(page_for, visit, dr_bob, axe, options):
    page = page_for(dr_bob.user, **options)
    page.goto(f"/visits/{visit.pk}/")
    page.get_by_role("link", name="Private notes on Alice Doe").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    axe(page)
    fits(page, options)

    page.get_by_label("Your private note").fill(WORDS)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept. Only you can read it.")).to_be_visible()
    axe(page)

    page.get_by_role("list").last.get_by_role("link").click()
    expect(page.get_by_text(WORDS)).to_be_visible()
    axe(page)
    fits(page, options)

    page.get_by_role("link", name="Destroy this note").click()
    axe(page)
    fits(page, options)
    page.get_by_role("button", name="Destroy it").click()
    expect(page.get_by_text("The note is destroyed.")).to_be_visible()
    axe(page)
    fits(page, options)
    assert PsychotherapyNote.objects.count() == 0


def test_after_care_the_way_to_it_has_no_name(page_for, visit, alice, dr_bob, axe):
    make_psychotherapy_note(alice, dr_bob, body=WORDS)
    end_all_care()
    page = page_for(dr_bob.user)
    page.goto("/home/")

    page.get_by_role("link", name="Private notes").click()
    expect(page.get_by_text("Your care for this patient has ended")).to_be_visible()
    axe(page)
    page.get_by_role("list").last.get_by_role("link").click()

    expect(page.get_by_text(WORDS)).to_be_visible()
    expect(page.get_by_text("Alice Doe")).to_have_count(0)
    axe(page)


def test_it_needs_no_script(page_for, visit, alice, dr_bob):
    page = page_for(dr_bob.user, java_script_enabled=False)
    page.goto(f"/patients/{alice.ref}/private-notes/")

    page.get_by_label("Your private note").fill(WORDS)
    page.get_by_role("button", name="Keep it").click()

    expect(page.get_by_text("Kept. Only you can read it.")).to_be_visible()
    assert PsychotherapyNote.objects.get().body == WORDS


def open_notes(page_for, visit, dr_bob):
    page = page_for(dr_bob.user)
    page.goto(f"/patients/{visit.patient.ref}/private-notes/")
    page.get_by_label("Your private note").fill(WORDS)
    return page


def test_words_outlast_a_session_that_has_ended(page_for, visit, dr_bob):
    page = open_notes(page_for, visit, dr_bob)
    Session.objects.all().delete()

    page.get_by_role("button", name="Keep it").click()

    expect(page.get_by_text("What you typed is still on this page")).to_be_visible()
    expect(page.locator("textarea")).to_have_value(WORDS)
    assert not PsychotherapyNote.objects.exists()


def test_words_outlast_a_connection_that_is_gone(page_for, visit, dr_bob):
    page = open_notes(page_for, visit, dr_bob)
    page.route("**/account/**", lambda route: route.abort())

    page.get_by_role("button", name="Keep it").click()

    expect(page.get_by_text("There is no connection.")).to_be_visible()
    expect(page.locator("textarea")).to_have_value(WORDS)

    page.unroute("**/account/**")
    page.get_by_role("button", name="Keep it").click()

    expect(page.get_by_text("Kept. Only you can read it.")).to_be_visible()
