"""Whose zone a page's times are in: the reader's own, wherever her browser may be."""

import pytest
from django.test import RequestFactory

from accounts.models import User
from accounts.zones import COOKIE, zone_of
from tests.factories import make_member, make_practice


class Visitor:
    is_authenticated = False


def ask(user, *, browser="", state=""):
    request = RequestFactory().get("/", {"state": state} if state else {})
    request.COOKIES[COOKIE] = browser
    request.user = user if isinstance(user, Visitor) else User.objects.get(pk=user.pk)
    return zone_of(request).key


def test_a_patient_reads_in_her_own_zone(alice):
    assert ask(alice.user, browser="Asia/Tokyo") == alice.zone


def test_a_provider_reads_in_her_own_zone(dr_bob):
    assert ask(dr_bob.user, browser="Asia/Tokyo") == dr_bob.zone


@pytest.mark.parametrize("role", ["supervisor", "billing", "front-desk", "practice-admin", "peer"])
def test_staff_reads_in_the_practices_zone(db, role):
    practice = make_practice(zone="America/Denver")
    member = make_member(practice, role, "member@example.com")

    assert ask(member, browser="UTC") == "America/Denver"


def test_of_two_practices_the_first_counts(practice):
    member = make_member(practice, "billing", "books@example.com")
    elsewhere = make_practice(name="Hillside", zone="America/Denver")
    member.memberships.create(practice=elsewhere, role="billing")

    assert ask(member) == practice.zone


@pytest.mark.parametrize(
    ("browser", "state", "zone"),
    [
        ("America/Chicago", "", "America/Chicago"),
        ("America/Chicago", "CA", "America/Chicago"),
        ("", "CA", "America/Los_Angeles"),
        ("Nowhere/Atall", "CA", "America/Los_Angeles"),
        ("Etc/GMT+5", "", "America/New_York"),
        ("", "", "America/New_York"),
        ("../etc/passwd", "XX", "America/New_York"),
    ],
)
def test_a_visitor_reads_in_the_browsers_zone_or_the_states(browser, state, zone):
    assert ask(Visitor(), browser=browser, state=state) == zone


def test_whose_zone_it_is_costs_staff_no_query_of_its_own(practice, django_assert_num_queries):
    member = make_member(practice, "billing", "books@example.com")
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=member.pk)
    assert request.user.roles == {"billing"}

    with django_assert_num_queries(2):  # neither provider nor patient
        zone_of(request)
