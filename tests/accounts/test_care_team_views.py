from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.care_team import CareRelationship
from accounts.models import Membership, Patient
from tests.factories import (
    NOW,
    end_all_care,
    make_care,
    make_member,
    make_patient,
    make_practice,
    make_provider,
    make_user,
)

ADDRESS = reverse("accounts:care_team")
Role = Membership.Role


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def admins(practice, sign_in):
    """The admin's browser."""
    return sign_in(make_member(practice, Role.ADMIN, "admin@example.com"))


@pytest.fixture
def peer(practice):
    return make_member(practice, Role.PEER, "peer@example.com")


def words(patient, person, role, until=""):
    member = person.memberships.get()
    named = {"legal_name": patient.legal_name, "born_on": patient.date_of_birth.isoformat()}
    return {**named, "member": member.pk, "role": role, "until": until}


@pytest.mark.parametrize("role", sorted(set(Role.values) - {"practice-admin"}))
def test_only_an_admin_has_the_page(practice, sign_in, role):
    person = make_member(practice, role, "person@example.com")

    assert sign_in(person).get(ADDRESS).status_code == 404


def test_the_admin_opens_ended_care_again(admins, alice, dr_bob):
    ended = make_care(alice, dr_bob)
    end_all_care()

    page = admins.get(ADDRESS).content.decode()
    response = admins.post(reverse("accounts:create_reopening", args=[ended.pk]))

    assert ("Alice Doe" in page, "The treatment is complete" in page) == (True, True)
    assert (response.status_code, response.url) == (302, ADDRESS)
    assert list(Patient.objects.visible_to(dr_bob.user)) == [alice]


def test_opening_what_goes_on_changes_nothing(admins, alice, dr_bob):
    care = make_care(alice, dr_bob)

    admins.post(reverse("accounts:create_reopening", args=[care.pk]))

    assert list(CareRelationship.objects.all()) == [care]


def test_the_admin_adds_a_peer(admins, alice, peer):
    response = admins.post(ADDRESS, words(alice, peer, "peer"))

    assert response.status_code == 302
    assert list(Patient.objects.visible_to(peer)) == [alice]


def test_the_admin_lets_somebody_stand_in_until_the_end_of_a_day(admins, alice, carol):
    admins.post(ADDRESS, words(alice, carol.user, "covering", "2026-12-04"))

    care = CareRelationship.objects.get()
    assert (care.role, care.reason, care.ends_at.isoformat()) == (
        "covering",
        "assigned",
        "2026-12-05T06:00:00+00:00",  # midnight in Chicago
    )


@pytest.mark.parametrize(
    ("role", "until", "said"),
    [
        ("covering", "", "Say until when."),
        ("covering", "2026-11-30", "Choose today or a later day."),
        ("peer", "", "Their role in the practice does not go with this."),
        ("treating", "", "Choose one from the list."),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_kept(admins, alice, carol, role, until, said):
    response = admins.post(ADDRESS, words(alice, carol.user, role, until))

    assert (response.status_code, said in response.content.decode()) == (422, True)
    assert CareRelationship.objects.count() == 0


@pytest.mark.parametrize(
    "named", [{"legal_name": "Alice"}, {"born_on": "1991-05-05"}, {"born_on": "1802-01-01"}]
)
def test_who_is_not_named_exactly_is_not_found(admins, alice, peer, named):
    response = admins.post(ADDRESS, words(alice, peer, "peer") | named)

    assert (response.status_code, CareRelationship.objects.count()) == (422, 0)


def test_of_two_with_one_name_and_birthday_nobody_is_guessed(admins, practice, alice, peer):
    make_patient(practice, "Alice Doe", user=make_user("another.alice@example.com"))

    response = admins.post(ADDRESS, words(alice, peer, "peer"))

    assert "Two patients share this name" in response.content.decode()
    assert (response.status_code, CareRelationship.objects.count()) == (422, 0)


def test_the_form_shows_the_names_of_no_patients(admins, alice):
    assert "Alice" not in admins.get(ADDRESS).content.decode()


def test_nobody_of_another_practice_can_be_chosen_or_is_shown(admins, alice, peer):
    elsewhere = make_practice(name="Elsewhere")
    una = make_patient(elsewhere, "Una Far")
    eve = make_provider(elsewhere, "Eve Far")
    care = make_care(una, eve, ends_at=NOW - timedelta(days=1))

    page = admins.get(ADDRESS).content.decode()
    answers = [
        admins.post(ADDRESS, words(una, peer, "peer")).status_code,
        admins.post(ADDRESS, words(alice, eve.user, "covering", "2026-12-04")).status_code,
        admins.post(reverse("accounts:create_reopening", args=[care.pk])).status_code,
    ]

    assert ("Una" in page, "Eve" in page) == (False, False)
    assert (answers, CareRelationship.objects.count()) == ([422, 422, 404], 1)


def close_account(person):
    person.is_active = False
    person.save()


def test_a_closed_account_is_not_offered_and_not_taken(admins, alice, carol):
    offered = "Carol Fox" in admins.get(ADDRESS).content.decode()
    close_account(carol.user)

    page = admins.get(ADDRESS).content.decode()
    response = admins.post(ADDRESS, words(alice, carol.user, "covering", "2026-12-04"))

    assert (offered, "Carol Fox" in page) == (True, False)
    assert (response.status_code, CareRelationship.objects.count()) == (422, 0)


def test_nor_is_its_care_opened_again(admins, alice, dr_bob):
    ended = make_care(alice, dr_bob)
    end_all_care()
    address = reverse("accounts:create_reopening", args=[ended.pk])
    offered = address in admins.get(ADDRESS).content.decode()
    close_account(dr_bob.user)

    page = admins.get(ADDRESS).content.decode()
    response = admins.post(address)

    assert (offered, address in page) == (True, False)
    assert (response.status_code, CareRelationship.objects.count()) == (422, 1)
    assert "Nothing was changed" in response.content.decode()
    assert f'method="post" action="{ADDRESS}"' in response.content.decode()


def test_opening_a_chart_asks_for_a_fresh_proof(admins, alice, dr_bob, carol):
    ended = make_care(alice, dr_bob)
    end_all_care()

    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        answers = [
            admins.get(ADDRESS),
            admins.post(ADDRESS, words(alice, carol.user, "covering", "2026-12-04")),
            admins.post(reverse("accounts:create_reopening", args=[ended.pk])),
        ]

    again = reverse("account_reauthenticate")
    assert [answer["Location"].startswith(again) for answer in answers] == [True] * 3
    assert CareRelationship.objects.count() == 1
