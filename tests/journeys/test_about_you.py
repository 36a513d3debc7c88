import pytest
from django.urls import reverse

from accounts.models import Patient
from tests.factories import make_user

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("width", [360, 1280])
def test_a_guardian_is_asked_for_a_child_only(page_for, practice, axe, width):
    newcomer = make_user("newcomer@example.com")
    page = page_for(newcomer, viewport={"width": width, "height": 800})
    page.goto(reverse("accounts:about_you"))
    relation = page.get_by_label("Who you are to the child")
    axe(page)
    assert not relation.is_visible()

    page.get_by_label("A child I am the parent or guardian of").check()
    axe(page)
    page.get_by_label("Your full name").fill("Mary Doe")
    relation.fill("mother")
    page.get_by_label("Full legal name").fill("Kit Doe")
    page.get_by_label("Date of birth").fill("2011-05-04")
    page.get_by_label("Your phone number").fill("312-555-0123")
    page.get_by_label("The state you live in").select_option("IL")
    page.get_by_label("Their full name").fill("Sam Doe")
    page.get_by_label("Who they are to you").fill("Uncle")
    page.get_by_label("Their phone number").fill("312-555-0199")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("heading", name="Hello, Kit Doe").wait_for()

    child = Patient.objects.get(user=newcomer)
    assert (child.guardian_name, child.guardian_relation) == ("Mary Doe", "mother")
