"""A therapist who has just begun: what is missing before people find her, and her own words."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts import profiles
from accounts.models import Membership
from tests.factories import make_member
from tests.journeys.screens import SCREENS

pytestmark = pytest.mark.journey


@SCREENS
def test_she_writes_what_is_hers_to_say(page_for, axe, site, practice, screen):
    nia = make_member(practice, Membership.Role.PROVIDER, "nia@example.com")
    profiles.begin(user=nia, practice=practice)
    page = page_for(nia, **screen)

    page.goto(reverse("home"))
    expect(page.get_by_role("heading", name="People cannot find you yet")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Write your profile").click()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"]
    page.get_by_label("Your name, as people should read it").fill("Nia Low")
    page.get_by_label("Your credentials").fill("LCSW")
    page.get_by_label("Your profession").fill("Clinical social worker")
    page.get_by_label("How you work, in your words").fill("We begin where you are.")
    page.get_by_label("Anxiety and worry").check()
    page.get_by_label("Adults, 18 to 64").check()
    page.get_by_label("English").check()
    page.get_by_role("button", name="Keep it").click()

    expect(page.get_by_text("Your profile is kept.")).to_be_visible()
    expect(page.get_by_text("Still to say, by you:")).to_have_count(0)
    expect(page.get_by_text("A licence that is valid today")).to_be_visible()
    axe(page)
