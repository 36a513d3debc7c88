import pytest
from django.db import IntegrityError, transaction
from django.http import Http404

from accounts.models import Membership
from accounts.permissions import (
    PATIENT,
    PROVIDER,
    PUBLIC,
    SIGNED_IN,
    is_public,
    may_enter,
    policy,
    practice_of,
)
from core.policy import Policy, UnknownAudience, policy_of
from tests.accounts import permission_urls
from tests.factories import make_member, make_patient, make_practice

Role = Membership.Role


ADDRESSES = [f"/{pattern.pattern}" for pattern in permission_urls.tried]
pytestmark = pytest.mark.urls("tests.accounts.permission_urls")


@pytest.fixture
def answers(sign_in, client, practice, alice, dr_bob):
    """Which of the pages answer 200 to whom."""

    def to(who):
        if who == "visitor":
            browser = client
        elif who == "patient":
            browser = sign_in(alice.user)
        elif who == "provider":
            browser = sign_in(dr_bob.user)
        else:
            browser = sign_in(make_member(practice, who, f"{who}@example.com"))
        return [browser.get(address).status_code for address in ADDRESSES]

    return to


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("visitor", [404, 200, 302, 302, 302, 302]),
        ("patient", [404, 200, 200, 200, 404, 404]),
        ("provider", [404, 200, 200, 404, 200, 404]),
        ("billing", [404, 200, 200, 404, 404, 200]),
        ("practice-admin", [404, 200, 200, 404, 404, 200]),
        ("front-desk", [404, 200, 200, 404, 404, 404]),
        ("peer", [404, 200, 200, 404, 404, 404]),
    ],
)
def test_each_gets_to_what_is_for_them(answers, who, codes):
    assert answers(who) == codes


def test_what_nobody_classified_looks_like_an_address_that_does_not_exist(client, settings, db):
    for settings.DEBUG in (False, True):
        forgotten, missing = client.get("/try/forgotten/"), client.get("/never-there/")

        assert (forgotten.status_code, missing.status_code) == (404, 404)
    assert "We could not find this page" in forgotten.content.decode()


def test_a_patient_who_works_here_as_well_keeps_her_own_pages(practice, alice):
    Membership.objects.create(user=alice.user, practice=practice, role=Role.PEER)

    assert may_enter(alice.user, Policy(frozenset({PATIENT})))
    assert may_enter(alice.user, Policy(frozenset({"peer"})))
    assert not may_enter(alice.user, Policy(frozenset({"billing"})))


def test_whether_one_may_enter_costs_one_query(alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert may_enter(alice.user, Policy(frozenset({PATIENT, PROVIDER})))
        assert not may_enter(alice.user, Policy(frozenset({PROVIDER})))


def test_a_public_page_asks_nothing(alice, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert may_enter(alice.user, Policy(frozenset({PUBLIC})))
        assert may_enter(alice.user, Policy(frozenset({SIGNED_IN})))
    assert (is_public(Policy(frozenset({PUBLIC}))), is_public(Policy(frozenset({PATIENT})))) == (
        True,
        False,
    )


@pytest.mark.parametrize("audience", [(), ("nurse",), (PATIENT, "nurse")])
def test_a_policy_names_somebody_who_exists(audience):
    with pytest.raises(UnknownAudience):
        policy(*audience)


def test_a_policy_keeps_whom_it_is_for_and_how_rows_are_found():
    marked = policy(Role.BILLING, finds=print)(lambda: None)

    assert policy_of(marked) == Policy(frozenset({"billing"}), print)


def test_a_class_has_no_policy_by_its_parent():
    parent = policy(PUBLIC)(type("Parent", (), {}))

    assert policy_of(parent)
    assert policy_of(type("Child", (parent,), {})) is None


def test_the_practice_is_the_one_in_which_the_role_is_held(practice):
    elsewhere = make_practice(name="Elsewhere")
    user = make_member(elsewhere, Role.BILLING, "both@example.com")
    Membership.objects.create(user=user, practice=practice, role=Role.FRONT_DESK)
    make_member(elsewhere, Role.ADMIN, "another@example.com")

    assert practice_of(user, Role.BILLING) == elsewhere
    assert practice_of(user, Role.FRONT_DESK, Role.ADMIN) == practice
    assert practice_of(user, Role.BILLING, Role.FRONT_DESK) == practice  # the first
    with pytest.raises(Http404):
        practice_of(user, Role.ADMIN)


def test_a_patient_holds_no_role(practice):
    una = make_patient(practice, "Una Far")

    assert (una.user.roles, una.user.has_role("billing")) == (frozenset(), False)


def test_the_database_knows_the_roles(practice):
    with pytest.raises(IntegrityError, match="membership_role_known"), transaction.atomic():
        make_member(practice, "owner", "owner@example.com")
    for role in Role.values:
        make_member(practice, role, f"{role}@example.com")
