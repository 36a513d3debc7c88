"""A therapist's profile: begun with the role, found by nobody until it is whole and listed."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import invitations, profiles
from accounts.models import Membership, Provider, User
from appointments.models import AvailabilityRule
from core.models import AuditEvent
from tests.factories import NOW, PASSWORD, make_licence, make_member, make_provider
from tests.signing_in import signed_in

HOME, PROFILE = reverse("home"), reverse("accounts:profile")
TODAY = NOW.date()
Role = Membership.Role
WORDS = {
    "name": "Nia Low",
    "credentials": "LCSW",
    "profession": "Clinical social worker",
    "pronouns": "",
    "approach": "We begin where you are.",
    "concerns": ["anxiety"],
    "languages": ["en"],
    "age_groups": ["adult"],
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(practice):
    return make_member(practice, Role.ADMIN, "boss@example.com")


@pytest.fixture
def take_up(practice, boss):
    """Return a function by which somebody new takes up a role."""

    def take(role, user=None):
        user = user or User.objects.create_user("nia@example.com", PASSWORD)
        offer = invitations.invite(practice=practice, email=user.email, role=role, by=boss, now=NOW)
        invitations.accept(invitation=offer, by=user, now=NOW)
        return User.objects.get(pk=user.pk)

    return take


@pytest.fixture
def nia(take_up):
    return take_up(Role.PROVIDER)


def fill(provider, **facts):
    whole = {**WORDS, "npi": "1234567893", "fee_cents": 15000, "verified_on": TODAY, **facts}
    Provider.objects.filter(pk=provider.pk).update(**whole)


def test_who_takes_up_the_role_has_a_profile_that_is_not_listed(nia, practice):
    own = nia.provider

    assert (own.practice, own.zone, own.is_accepting) == (practice, practice.zone, False)
    assert (own.licences.count(), own.verified_on, own.npi) == (0, None, "")
    assert not Provider.objects.listed().exists()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PROVIDER])
def test_other_roles_have_none(take_up, role):
    assert not hasattr(take_up(role), "provider")


def test_a_second_invitation_keeps_the_profile_there_is(take_up, dr_bob):
    dr_bob.user.memberships.all().delete()

    again = take_up(Role.PROVIDER, dr_bob.user)

    assert (again.provider.name, Provider.objects.count()) == ("Bob Ray", 1)


def test_nobody_finds_her(nia, client):
    page = client.get(reverse("appointments:provider", args=[nia.provider.slug]))

    assert page.status_code == 404
    assert "nia" not in nia.provider.slug


def test_colleagues_read_her_address_until_she_has_a_name(nia):
    before = nia.display_name
    fill(nia.provider)

    assert (before, User.objects.get(pk=nia.pk).display_name) == (
        "nia@example.com",
        "Nia Low, LCSW",
    )


def test_her_page_says_what_is_missing_by_whom(nia, practice):
    page = signed_in(nia).get(HOME).content.decode()

    assert "People cannot find you yet" in page
    for words in (*profiles.OWN.values(), "Your NPI", "A licence that is valid today"):
        assert f"<li>{words}</li>" in page
    assert ">Your weekly hours</a>" in page
    assert practice.phone in page
    assert PROFILE in page


def test_what_is_there_is_missing_no_longer(nia):
    fill(nia.provider)
    make_licence(nia.provider)
    AvailabilityRule.objects.create(
        provider=nia.provider, weekday=0, from_minute=540, to_minute=600
    )

    assert "People cannot find you yet" not in signed_in(nia).get(HOME).content.decode()


@pytest.mark.parametrize(
    ("since", "until", "is_missing"),
    [
        (TODAY, TODAY, False),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), True),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=9), True),
    ],
)
def test_a_licence_counts_while_it_is_valid(nia, since, until, is_missing):
    make_licence(nia.provider, valid_from=since, valid_until=until)

    missing = [str(words) for words in profiles.missing_facts(nia.provider, on=TODAY)]

    assert ("A licence that is valid today" in missing) is is_missing


def test_who_is_listed_is_told_nothing(sign_in, dr_bob):
    assert "People cannot find you yet" not in sign_in(dr_bob.user).get(HOME).content.decode()


def test_who_is_whole_and_takes_nobody_new_is_told_nothing(sign_in, dr_bob):
    Provider.objects.update(is_accepting=False)

    assert "People cannot find you yet" not in sign_in(dr_bob.user).get(HOME).content.decode()


def test_she_writes_her_profile(nia):
    hers = signed_in(nia)

    answer = hers.post(PROFILE, WORDS)

    kept = Provider.objects.get(user=nia)
    assert answer["Location"] == HOME
    assert {name: getattr(kept, name) for name in WORDS} == WORDS
    assert (kept.is_accepting, kept.npi) == (False, "")
    assert profiles.missing_words(kept) == []
    assert AuditEvent.objects.filter(action="profile.saved", by_id=nia.pk).exists()


def test_what_she_may_leave_out_she_may_say(nia):
    said = {"methods": ["act", "ifs"], "gender": "woman", "identities": ["parent", "jewish"]}

    signed_in(nia).post(PROFILE, WORDS | said)

    kept = Provider.objects.get(user=nia)
    assert {name: getattr(kept, name) for name in said} == said


@pytest.mark.parametrize("wrong", [{"gender": "x"}, {"identities": "x"}, {"methods": "x"}])
def test_what_no_list_holds_is_refused(nia, wrong):
    assert signed_in(nia).post(PROFILE, WORDS | wrong).status_code == 422


def test_she_is_found_by_what_she_has_written(nia):
    signed_in(nia).post(PROFILE, WORDS)

    assert Provider.objects.filter(spellings__forms__contains=["begin"]).get() == nia.provider


@pytest.mark.parametrize("name", [name for name in WORDS if name != "pronouns"])
def test_what_is_left_out_is_said_and_nothing_is_kept(nia, name):
    answer = signed_in(nia).post(PROFILE, WORDS | {name: ""})

    assert answer.status_code == 422
    assert "We begin where you are." in answer.content.decode() or name == "approach"
    assert not Provider.objects.exclude(name="").exists()


def test_a_profile_that_was_checked_changes_with_the_practice_only(nia, practice):
    fill(nia.provider)
    hers = signed_in(nia)

    page = hers.get(PROFILE).content.decode()
    answer = hers.post(PROFILE, WORDS | {"name": "Dr. Famous"})

    assert practice.phone in page
    assert "<textarea" not in page
    assert (answer.status_code, Provider.objects.get().name) == (409, "Nia Low")


def test_only_therapists_have_the_page(sign_in, biller, alice):
    assert [sign_in(user).get(PROFILE).status_code for user in (biller, alice.user)] == [404, 404]


def test_who_treats_and_looks_after_the_practice_finds_both(boss, take_up):
    both = signed_in(take_up(Role.PROVIDER, boss))

    page = both.get(HOME).content.decode()

    ways = ["appointments:list", "care:supervision", "accounts:staff", "accounts:care_team"]
    assert [name for name in ways if f'href="{reverse(name)}"' not in page] == []
    assert page.count(f'<a href="{HOME}" aria-current="page">') == 1


@pytest.mark.parametrize(
    "lacking",
    [{name: ""} for name in ("name", "credentials", "profession", "npi", "approach")]
    + [{"verified_on": None}],
)
def test_the_database_lists_nobody_who_is_not_whole(practice, lacking):
    with pytest.raises(IntegrityError, match="provider_listed_whole"), transaction.atomic():
        make_provider(
            practice, **{"name": "Nia Low", "slug": "nia", "is_accepting": True} | lacking
        )


@pytest.mark.parametrize("npi", ["123", "123456789x"])
def test_the_database_refuses_an_npi_of_another_form(practice, npi):
    with pytest.raises(IntegrityError, match="provider_npi_digits"), transaction.atomic():
        make_provider(practice, "Nia Low", npi=npi)


def test_the_database_refuses_a_gender_of_no_list(practice):
    with pytest.raises(IntegrityError, match="provider_gender_known"), transaction.atomic():
        make_provider(practice, "Nia Low", gender="x")
