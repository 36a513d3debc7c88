"""The front desk finds a patient of its practice: by what, and whom never."""

from datetime import date

import pytest

from accounts import finding
from accounts.models import Erasure, Membership
from tests.factories import NOW, make_member, make_patient, make_practice, make_user

BORN = date(1991, 5, 4)  # as all are, unless it is said


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"phone": "(312) 555 0123"}, ["Alice Doe", "Mallory Moe"]),  # they share one
        ({"phone": "312-555-0124"}, []),
        ({"email": "ALICE@example.com"}, ["Alice Doe"]),
        ({"email": "alice"}, []),
        ({"legal_name": "alice doe", "born_on": BORN}, ["Alice Doe"]),
        ({"legal_name": "Alice", "born_on": BORN}, []),
        ({"legal_name": "Alice Doe", "born_on": date(1991, 5, 5)}, []),
        ({"phone": "312-555-0123", "email": "mallory@example.com"}, ["Mallory Moe"]),
        ({"legal_name": "Alice Doe"}, []),
        ({"born_on": BORN}, []),
        ({}, []),
    ],
)
def test_all_that_is_said_has_to_fit(alice, mallory, desk, asked, names):
    assert [one.legal_name for one in finding.find(by=desk, **asked)] == names


@pytest.mark.parametrize("role", Membership.Role.values)
def test_who_keeps_the_calendar_finds_and_nobody_else(alice, practice, role):
    member = make_member(practice, role, "member@example.com")

    found = finding.find(by=member, phone=alice.phone)

    assert found == ([alice] if role in ("front-desk", "practice-admin") else [])


def test_patients_of_another_practice_are_not_found(alice, desk):
    elsewhere = make_practice(name="Elsewhere")
    make_patient(elsewhere, "Eve Roe")

    assert finding.find(by=desk, phone="312-555-0123") == [alice]


def test_nobody_acts_for_herself_nor_for_who_was_erased(alice, practice, desk):
    make_patient(practice, "Dee Desk", user=desk)
    gone = make_patient(practice, "Gone Doe", user=make_user("gone@example.com"))
    Erasure.objects.create(patient=gone, reason="request", erased_at=NOW, by=desk)

    assert finding.find(by=desk, phone="312-555-0123") == [alice]
