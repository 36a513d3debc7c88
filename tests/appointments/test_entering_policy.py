"""An admin sets what late cancellations and missed visits may cost."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Membership
from appointments import entering_policy
from appointments.models import CancellationPolicy
from core.models import AuditEvent
from tests.appointments.test_views import text
from tests.factories import NOW, make_member, make_practice

TODAY, TOMORROW = date(2026, 12, 1), date(2026, 12, 2)
SAID = {
    "valid_from": "2026-12-02",
    "free_hours": "48",
    "late_fee_cents": "75",
    "noshow_fee_cents": "100.50",
}
URL = "/cancellation-policy/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(practice):
    return make_member(practice, Membership.Role.ADMIN, "boss@example.com")


@pytest.fixture
def desk(sign_in, boss):
    return sign_in(boss)


def enter(practice, boss, **fields):
    values = {"valid_from": TODAY, "free_hours": 48, "late_fee_cents": 1, "noshow_fee_cents": 2}
    return entering_policy.enter(practice=practice, by=boss, now=NOW, **values | fields)


def test_a_rule_is_entered_with_who_and_on_the_trail(practice, boss):
    rule = enter(practice, boss)

    event = AuditEvent.objects.get(action="cancellation-policy.entered")
    assert (rule.entered_by, rule.entered_at) == (boss, NOW)
    assert (event.by_id, event.subject_id) == (boss.pk, str(rule.pk))


def test_it_holds_from_its_day_on(practice, boss):
    enter(practice, boss, valid_from=TOMORROW)

    found = [CancellationPolicy.objects.in_force(practice.pk, on=on) for on in (TODAY, TOMORROW)]
    assert [rule.free_hours for rule in found] == [24, 48]


def test_it_holds_in_its_own_practice_alone(practice, boss):
    elsewhere = make_practice(name="Elsewhere")

    enter(practice, boss)

    assert CancellationPolicy.objects.in_force(elsewhere.pk, on=TODAY).free_hours == 24


def test_before_the_first_rule_there_is_none(practice):
    assert CancellationPolicy.objects.in_force(practice.pk, on=date(2025, 12, 31)) is None


def test_a_day_that_is_over_where_the_practice_is_is_refused(practice, boss):
    with pytest.raises(entering_policy.Past):
        enter(practice, boss, valid_from=date(2026, 11, 30))

    assert CancellationPolicy.objects.count() == 1


def test_the_page_keeps_it_and_says_what_holds_when(desk):
    response = desk.post(URL, SAID, follow=True)

    page = text(response)
    assert "The policy is kept. Visits that are booked keep theirs." in response.content.decode()
    assert "free until 24 hours before the start, then $150.00. Not coming: $150.00." in page
    assert "From Wednesday, December 2" in page
    assert "free until 48 hours before the start, then $75.00. Not coming: $100.50." in page


def test_the_page_says_that_none_is_entered(sign_in, db):
    away = make_practice(name="Elsewhere")
    boss = make_member(away, Membership.Role.ADMIN, "away@example.com")
    with time_machine.travel(date(2025, 6, 1)):
        page = text(sign_in(boss).get(URL))

    assert "None is entered." in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("valid_from", "2026-11-30", "This day is over."),
        ("valid_from", "", "Fill this in to go on."),
        ("valid_from", "9999-12-31", "Choose a day between"),
        ("free_hours", "169", "168"),
        ("free_hours", "-1", "0"),
        ("free_hours", "soon", "number"),
        ("late_fee_cents", "-1", "0"),
        ("late_fee_cents", "1.001", "Write an amount in dollars"),
        ("noshow_fee_cents", "5001", "5000"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_what_was_typed_is_kept(
    desk, field, value, words
):
    response = desk.post(URL, SAID | {field: value})

    errors = response.context["form"].errors
    assert (response.status_code, list(errors)) == (422, [field])
    assert words in errors[field][0]
    assert 'value="100.50"' in response.content.decode() or field == "noshow_fee_cents"
    assert CancellationPolicy.objects.count() == 1


def test_it_is_the_admins_alone(sign_in, practice, dr_bob, alice, biller):
    front = make_member(practice, Membership.Role.FRONT_DESK, "front@example.com")

    answers = [
        sign_in(who).get(URL).status_code for who in (dr_bob.user, alice.user, biller, front)
    ]

    assert answers == [404] * 4


def test_the_way_to_it_is_in_the_frame(desk):
    assert (
        f'href="{reverse("appointments:cancellation_policies")}"'
        in desk.get("/home/").content.decode()
    )
