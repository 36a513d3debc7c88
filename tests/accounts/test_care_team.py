from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import caring
from accounts.care_team import CLINICAL, Care, CareRelationship, goes_on, in_care
from accounts.models import Membership, Patient
from appointments.models import Appointment
from core.models import AuditEvent
from tests.factories import (
    NOW,
    end_all_care,
    make_care,
    make_member,
    make_patient,
    make_practice,
    make_provider,
    make_visit,
)
from tests.threads import at_once

DAY = timedelta(days=1)
EVERYBODY = list(Care.values)
Reason, EndReason = CareRelationship.Reason, CareRelationship.EndReason


@pytest.fixture
def care(alice, dr_bob):
    """Dr. Bob's care for alice, which began a year ago."""
    return make_care(alice, dr_bob)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def refused(**fields):
    """Try to write a row that the database should refuse. Return the constraint's words."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        make_care(**fields)
    return str(refusal.value)


@pytest.mark.parametrize("role", EVERYBODY)
def test_the_database_refuses_the_same_care_twice_at_one_time(alice, dr_bob, role):
    make_care(alice, dr_bob, role)

    assert f"care_{role}_once" in refused(patient=alice, person=dr_bob, role=role, starts_at=NOW)


def test_one_person_may_care_in_two_roles_and_again_when_the_first_time_is_over(alice, dr_bob):
    make_care(alice, dr_bob, ends_at=NOW)
    make_care(alice, dr_bob, "covering", ends_at=NOW)

    again = make_care(alice, dr_bob, starts_at=NOW)

    assert again.pk


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("care_role_known", {"role": "owner"}),
        ("care_ends_after_start", {"starts_at": NOW, "ends_at": NOW}),
        ("care_end_reason_needs_end", {"end_reason": "completed"}),
        ("care_covering_has_end", {"role": "covering", "ends_at": None}),
    ],
)
def test_the_database_refuses(alice, dr_bob, constraint, fields):
    assert constraint in refused(patient=alice, person=dr_bob, **fields)


@pytest.mark.parametrize(
    ("starts_in", "ends_in", "is_current"),
    [
        (-DAY, None, True),
        (0 * DAY, None, True),
        (DAY, None, False),
        (-DAY, DAY, True),
        (-DAY, 0 * DAY, False),  # half-open: what ends at ten is over at ten
    ],
)
def test_care_holds_from_its_start_until_just_before_its_end(
    alice, dr_bob, clock, starts_in, ends_in, is_current
):
    ends_at = None if ends_in is None else NOW + ends_in
    make_care(alice, dr_bob, starts_at=NOW + starts_in, ends_at=ends_at)

    assert CareRelationship.objects.current().exists() is is_current


@pytest.mark.parametrize(
    ("role", "membership"),
    [
        ("treating", Membership.Role.PROVIDER),
        ("covering", Membership.Role.PROVIDER),
        ("supervising", Membership.Role.SUPERVISOR),
        ("peer", Membership.Role.PEER),
    ],
)
def test_care_counts_with_the_role_in_the_practice_that_it_takes(practice, alice, role, membership):
    person = make_member(practice, membership, "one@example.com")
    care = make_care(alice, person, role)

    assert list(CareRelationship.objects.of(person, EVERYBODY)) == [care]
    assert list(CareRelationship.objects.of(person, set(EVERYBODY) - {role})) == []

    person.memberships.update(role=Membership.Role.BILLING)

    assert list(CareRelationship.objects.of(person, EVERYBODY)) == []


def test_care_is_nothing_in_another_practice(alice, dr_bob):  # who has providers of its own
    elsewhere = make_provider(make_practice(name="Elsewhere"), "Eve Far")
    make_care(alice, elsewhere)

    assert list(Patient.objects.visible_to(elsewhere.user)) == []
    assert list(CareRelationship.objects.of(elsewhere.user, CLINICAL)) == []


def test_a_patient_is_seen_by_herself_and_who_cares_for_her(alice, mallory, dr_bob, carol, care):
    seen = {
        person: list(Patient.objects.visible_to(person.user))
        for person in (alice, mallory, dr_bob, carol)
    }

    assert seen == {alice: [alice], mallory: [mallory], dr_bob: [alice], carol: []}


def open_care(patient, person, **fields):
    values = {"role": Care.TREATING, "reason": Reason.VISIT, "by": patient.user, "now": NOW}
    return caring.open_care(patient=patient, person=person.user, **values | fields)


def test_opening_care_is_audited_and_done_once(alice, dr_bob):
    opened = open_care(alice, dr_bob)
    again = open_care(alice, dr_bob, now=NOW + DAY)

    assert (opened, CareRelationship.objects.count()) == (again, 1)
    event = AuditEvent.objects.get()
    assert (event.action, event.patient_id, event.by_id) == (
        "care.opened",
        alice.pk,
        alice.user.pk,
    )


@pytest.mark.django_db(transaction=True)
def test_of_many_who_open_at_once_one_does(alice, dr_bob):
    results = at_once(6, lambda _: open_care(alice, dr_bob))

    assert {r.pk for r in results} == set(CareRelationship.objects.values_list("pk", flat=True))
    assert CareRelationship.objects.count() == 1


def test_care_ends_at_once_and_keeps_its_reason(alice, dr_bob, care, clock):
    caring.end_care(care=care, reason=EndReason.TRANSFERRED, by=dr_bob.user, now=NOW)

    care.refresh_from_db()
    assert (care.ends_at, care.end_reason) == (NOW, "transferred")
    assert list(Patient.objects.visible_to(dr_bob.user)) == []
    assert AuditEvent.objects.get().action == "care.ended"


def test_care_does_not_end_twice(dr_bob, care):
    caring.end_care(care=care, reason=EndReason.COMPLETED, by=dr_bob.user, now=NOW)

    with pytest.raises(caring.EndedAlready):
        caring.end_care(care=care, reason=EndReason.CONFLICT, by=dr_bob.user, now=NOW - DAY)
    care.refresh_from_db()
    assert care.end_reason == "completed"


def test_care_that_runs_out_by_itself_has_ended(alice, dr_bob):
    care = make_care(alice, dr_bob, "covering", ends_at=NOW)

    with pytest.raises(caring.EndedAlready):
        caring.end_care(care=care, reason=EndReason.COMPLETED, by=dr_bob.user, now=NOW)


def test_care_that_ends_the_moment_it_begins_has_lasted(alice, dr_bob):
    care = make_care(alice, dr_bob, starts_at=NOW)

    caring.end_care(care=care, reason=EndReason.CONFLICT, by=dr_bob.user, now=NOW - DAY)

    care.refresh_from_db()
    assert care.ends_at > care.starts_at


def test_a_visit_booked_after_the_end_begins_a_new_care(alice, dr_bob, care, clock):
    caring.end_care(care=care, reason=EndReason.COMPLETED, by=dr_bob.user, now=NOW)

    again = open_care(alice, dr_bob, now=NOW - timedelta(seconds=1))  # by a clock behind

    assert (again.starts_at, again.pk != care.pk) == (NOW, True)
    assert list(Patient.objects.visible_to(dr_bob.user)) == [alice]


def test_the_admin_opens_it_again_as_a_new_row(practice, alice, dr_bob, care, clock):
    admin = make_member(practice, Membership.Role.ADMIN, "admin@example.com")
    caring.end_care(care=care, reason=EndReason.COMPLETED, by=dr_bob.user, now=NOW)
    care.refresh_from_db()

    opened = caring.reopen(care=care, by=admin, now=NOW + DAY)

    care.refresh_from_db()
    assert (care.ends_at, opened.starts_at, opened.reason) == (NOW, NOW + DAY, "reopened")


def test_covering_is_opened_again_for_as_long_as_it_was(practice, alice, dr_bob):
    care = make_care(alice, dr_bob, "covering", starts_at=NOW - 3 * DAY, ends_at=NOW - DAY)

    opened = caring.reopen(care=care, by=alice.user, now=NOW)

    assert opened.ends_at - opened.starts_at == 2 * DAY


def test_what_goes_on_is_not_opened_again(alice, dr_bob, care):
    with pytest.raises(caring.GoesOn):
        caring.reopen(care=care, by=alice.user, now=NOW)


@pytest.mark.parametrize("role", [Care.SUPERVISING, Care.PEER])
def test_nobody_cares_as_what_she_is_not(alice, dr_bob, role):
    with pytest.raises(caring.NotOfOnePractice):
        open_care(alice, dr_bob, role=role)


def test_nobody_cares_for_a_patient_of_another_practice(dr_bob):
    stranger = make_patient(make_practice(name="Elsewhere"), "Una Far")

    with pytest.raises(caring.NotOfOnePractice):
        open_care(stranger, dr_bob)


@pytest.mark.parametrize(
    ("patient", "person", "role", "opens"),
    [
        ("alice", "dr_bob", "treating", True),
        ("alice", "dr_bob", "covering", True),
        ("alice", "dr_bob", "supervising", False),
        ("mallory", "dr_bob", "treating", False),
        ("alice", "carol", "treating", False),
    ],
)
def test_a_row_of_two_people_is_opened_by_the_clinical_care_of_these_two(
    request, clock, alice, dr_bob, patient, person, role, opens
):
    visit = make_visit(dr_bob, alice)
    end_all_care()

    named = request.getfixturevalue
    make_care(named(patient), named(person), role, starts_at=NOW)

    own = in_care(dr_bob.user, patient="patient", provider="provider")
    anybodys = Q(goes_on(patient="patient", person="provider__user"))
    for opened in (own, anybodys):
        assert list(Appointment.objects.filter(opened)) == [visit] * opens
