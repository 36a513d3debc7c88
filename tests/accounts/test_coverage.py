"""Who pays for a patient's care, and what that payer forbids."""

import re
from datetime import date, timedelta

import pytest
import time_machine

from accounts import coverage
from accounts.models import Coverage, Membership
from appointments import cancellation
from core.models import AuditEvent
from tests.appointments.test_models import refusal
from tests.appointments.test_views import text
from tests.appointments.test_views import url as visits_url
from tests.factories import HOUR, NINE, NOW, make_member, make_practice

TODAY, DAY = date(2026, 12, 1), timedelta(days=1)
SAID = {"program": "medicaid", "starts_on": "2026-12-01", "ends_on": ""}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def front(practice):
    return make_member(practice, Membership.Role.FRONT_DESK, "front@example.com")


@pytest.fixture
def cover(alice, front):
    def by(program="medicaid", **fields):
        days = {"starts_on": TODAY, "ends_on": None} | fields
        return coverage.enter(patient=alice, program=program, by=front, now=NOW, **days)

    return by


def url(patient, *rest):
    return "/".join(["/account/patients", str(patient.ref), "coverage", *map(str, rest), ""])


# The rules


def test_each_program_has_a_rule_with_its_source_that_holds_today():
    told = {rule.program: rule for rule in coverage.rules() if rule.valid_until > TODAY}

    assert {program: rule.allows_fee for program, rule in told.items()} == {
        "medicaid": False,
        "medicare": True,
        "commercial": True,
        "no-fees": False,
    }
    assert set(told) == set(Coverage.Program.values)
    assert "42 CFR 447.15" in told["medicaid"].source
    assert all(rule.source for rule in told.values())


@pytest.mark.parametrize(
    ("programs", "source"),
    [
        ([], ""),
        (["medicare"], ""),
        (["commercial"], ""),
        (["medicaid"], "42 CFR 447.15"),
        (["medicare", "medicaid"], "42 CFR 447.15"),
        (["commercial", "no-fees"], "contract"),
    ],
)
def test_one_payer_that_forbids_a_fee_is_enough(alice, cover, programs, source):
    for program in programs:
        cover(program)

    rule = coverage.forbidding(alice, on=TODAY)

    assert source in rule.source if source else rule is None


@pytest.mark.parametrize(
    ("on", "is_forbidden"),
    [
        (TODAY - DAY, False),
        (TODAY, True),
        (TODAY + 9 * DAY, True),
        (TODAY + 10 * DAY, False),
    ],
)
def test_it_forbids_on_the_days_of_the_coverage_alone(alice, cover, on, is_forbidden):
    cover(ends_on=TODAY + 9 * DAY)

    assert bool(coverage.forbidding(alice, on=on)) == is_forbidden


def test_it_is_hers_alone(cover, mallory):
    cover()

    assert coverage.forbidding(mallory, on=TODAY) is None


def test_where_a_payer_forbids_a_fee_everything_is_free_until_the_visit_begins(visit, cover):
    cover()

    assert cancellation.free_until(visit) == NINE
    assert (cancellation.late_fee_cents(visit), cancellation.noshow_fee_cents(visit)) == (0, 0)


def test_her_page_then_speaks_of_no_fee(sign_in, visit, alice, cover, clock):
    cover()
    clock.move_to(NINE - HOUR)

    page = text(sign_in(alice.user).get(visits_url("detail", visit.id)))

    assert "It costs nothing until Thursday, December 3, 2026, 9:00 AM" in page
    assert "may charge" not in page


# Keeping it


def test_what_is_entered_and_ended_is_on_the_trail(alice, cover, front):
    entered = cover()
    coverage.end(coverage=entered, last_on=TODAY, by=front, now=NOW)

    events = AuditEvent.objects.filter(action__startswith="coverage.").order_by("pk")
    assert list(events.values_list("action", "by_id", "patient_id")) == [
        ("coverage.entered", front.pk, alice.pk),
        ("coverage.ended", front.pk, alice.pk),
    ]
    entered.refresh_from_db()
    assert entered.ends_on == TODAY


def test_the_same_is_entered_once(cover):
    cover()

    with pytest.raises(coverage.EnteredAlready):
        cover()
    assert Coverage.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "last_on"), [({"ends_on": TODAY + DAY}, TODAY), ({}, TODAY - DAY)]
)
def test_it_ends_once_and_on_one_of_its_own_days(cover, front, fields, last_on):
    entered = cover(**fields)

    with pytest.raises(coverage.NotItsDays):
        coverage.end(coverage=entered, last_on=last_on, by=front, now=NOW)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"ends_on": TODAY - DAY}, "coverage_days_in_order"),
        ({"program": "charity"}, "coverage_program_known"),
        ({}, "coverage_once"),
    ],
)
def test_a_coverage_that_cannot_be_is_refused(alice, front, cover, fields, constraint):
    cover()
    values = {"program": "medicaid", "starts_on": TODAY, "entered_at": NOW, "entered_by": front}

    clash = refusal(lambda: Coverage.objects.create(patient=alice, **values | fields))

    assert clash == constraint


# The page


def test_the_page_says_that_nobody_else_pays(sign_in, alice, front):
    page = text(sign_in(front).get(url(alice)))

    assert "Who pays for the care of Alice Doe" in page
    assert "Nobody else is entered: the patient pays." in page


def test_the_page_keeps_it_and_says_what_the_payer_forbids(sign_in, alice, front):
    response = sign_in(front).post(url(alice), SAID, follow=True)

    page = text(response)
    assert "Medicaid or CHIP since Tuesday, December 1" in page
    assert "No fee may be charged for a visit that is missed or cancelled late." in page
    assert "42 CFR 447.15" in page


def test_the_page_lets_it_end(sign_in, alice, front, cover):
    entered = cover()
    client = sign_in(front)

    response = client.post(url(alice, entered.pk, "end"), {"last_on": "2026-12-31"}, follow=True)

    assert "Tuesday, December 1, 2026 to Thursday, December 31, 2026" in text(response)
    again = client.post(url(alice, entered.pk, "end"), {"last_on": "2026-12-31"})
    assert (again.status_code, "It has ended already" in text(again)) == (409, True)


@pytest.mark.parametrize(
    ("fields", "field", "status"),
    [
        ({"program": "charity"}, "program", 422),
        ({"program": ""}, "program", 422),
        ({"starts_on": "soon"}, "starts_on", 422),
        ({"starts_on": "0001-01-01"}, "starts_on", 422),
        ({"ends_on": "2026-11-30"}, "ends_on", 422),
        ({"program": "medicare"}, "starts_on", 409),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    sign_in, alice, front, cover, fields, field, status
):
    cover("medicare")

    response = sign_in(front).post(url(alice), SAID | fields)

    assert (response.status_code, list(response.context["form"].errors)) == (status, [field])
    assert Coverage.objects.count() == 1


def test_a_day_that_is_none_does_not_end_it(sign_in, alice, front, cover):
    entered = cover()

    response = sign_in(front).post(url(alice, entered.pk, "end"), {"last_on": "soon"})

    assert (response.status_code, Coverage.objects.get().ends_on) == (422, None)


def test_who_has_no_business_with_it_does_not_find_it(sign_in, alice, dr_bob, mallory, cover):
    entered = cover()
    away = make_member(make_practice(name="Away"), Membership.Role.BILLING, "away@example.com")

    answers = [
        (client.get(url(alice)).status_code, client.post(url(alice, entered.pk, "end")).status_code)
        for client in map(sign_in, (alice.user, dr_bob.user, mallory.user, away))
    ]

    assert answers == [(404, 404)] * 4


def test_each_of_several_has_a_field_of_its_own(sign_in, alice, front, cover):
    one, other = cover(), cover(program="commercial")
    client = sign_in(front)

    page = client.get(url(alice)).content.decode()
    refused = client.post(url(alice, one.pk, "end"), {"last_on": "soon"}).content.decode()

    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {f"id_{one.pk}_last_on", f"id_{other.pk}_last_on"} <= set(ids)
    assert refused.count('<details class="fold" open>') == 1
    assert refused.count('value="soon"') == 1
