"""What calling off, moving or missing a visit may cost, and until when it is free."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from appointments import booking, cancellation, moving, repeating
from appointments.models import Appointment, CancellationPolicy
from appointments.repeating import Rhythm
from tests.appointments.test_models import refusal
from tests.factories import HOUR, NINE, NOW, make_cancellation_policy, make_practice, make_visit

DAY = timedelta(days=1)


def hold(provider, *, now=NOW):
    return booking.hold(provider=provider, starts_at=NINE, holder="h1", state="IL", now=now)


def with_rule(visit, **fields):
    """The visit, booked with another rule."""
    visit.cancellation_policy = make_cancellation_policy(visit.provider.practice, **fields)
    visit.save()
    return visit


def test_a_rule_of_more_than_a_week_is_refused(practice):
    clash = refusal(lambda: make_cancellation_policy(practice, free_hours=7 * 24 + 1))

    assert clash == "cancellation_policy_within_a_week"


@pytest.mark.parametrize("field", ["late_fee_cents", "noshow_fee_cents"])
def test_nobody_is_paid_for_staying_away(practice, field):
    assert field in refusal(lambda: make_cancellation_policy(practice, **{field: -1}))


@pytest.mark.parametrize("deed", ["update", "delete"])
def test_a_rule_stays_as_it_was_entered(practice, deed):
    rules = CancellationPolicy.objects.filter(practice=practice)

    with pytest.raises(DatabaseError), transaction.atomic():
        rules.update(free_hours=1) if deed == "update" else rules.delete()


def test_a_visit_has_no_rule_of_another_practice(visit):
    elsewhere = make_cancellation_policy(make_practice(name="Elsewhere"))

    visit.cancellation_policy = elsewhere

    assert refusal(visit.save) == "appointments_appointment_of_one_practice"


@pytest.mark.parametrize(
    ("booked_at", "hours"),
    [(NOW, 24), (NOW + 13 * HOUR, 24), (NOW + 15 * HOUR, 48)],
    ids=["today", "today by the provider's clock, tomorrow by ours", "tomorrow"],
)
def test_a_time_is_held_under_the_rule_of_that_day(practice, dr_bob, booked_at, hours):
    make_cancellation_policy(practice, valid_from=date(2026, 12, 2), free_hours=48)

    assert hold(dr_bob, now=booked_at).cancellation_policy.free_hours == hours


def test_of_two_rules_from_one_day_the_later_entry_holds(practice, dr_bob):
    make_cancellation_policy(practice, free_hours=12)

    assert hold(dr_bob).cancellation_policy.free_hours == 12


def test_what_was_shown_stays_though_the_rule_changes_before_it_is_confirmed(
    practice, dr_bob, alice
):
    held = hold(dr_bob)
    make_cancellation_policy(practice, free_hours=48)

    visit = booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)

    assert cancellation.free_until(visit) == NINE - DAY


def test_a_visit_that_is_moved_or_repeated_keeps_its_rule(practice, visit, alice):
    make_cancellation_policy(practice, free_hours=48)

    repeating.repeat(appointment=visit, rhythm=Rhythm(1, 2), choices={}, by=alice.user, now=NOW)
    moving.move(appointment=visit, starts_at=NINE + HOUR, version=0, by=alice.user, now=NOW)

    rules = {one.cancellation_policy.free_hours for one in Appointment.objects.all()}
    assert (Appointment.objects.count(), rules) == (2, {24})


def test_without_a_rule_everything_is_free_until_the_visit_begins(visit):
    visit.cancellation_policy = None

    assert cancellation.free_until(visit) == NINE
    assert (cancellation.late_fee_cents(visit), cancellation.noshow_fee_cents(visit)) == (0, 0)


def test_a_rule_without_a_fee_leaves_calling_off_free_until_the_visit_begins(visit):
    assert cancellation.free_until(with_rule(visit, late_fee_cents=0)) == NINE


@pytest.mark.parametrize(("fee", "most"), [(9000, 9000), (15000, 15000), (15001, 15000)])
def test_nobody_pays_more_than_the_visit_would_have_cost(visit, fee, most):
    with_rule(visit, late_fee_cents=fee, noshow_fee_cents=fee)

    asked = (cancellation.late_fee_cents(visit), cancellation.noshow_fee_cents(visit))
    assert asked == (most, most)


@pytest.mark.parametrize("hours", [0, 1, 24, 168])
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_it_is_free_before_the_moment_that_is_shown_and_not_from_it_on(visit, hours, seconds):
    until = NINE - hours * HOUR
    with_rule(visit, free_hours=hours)

    is_free = cancellation.is_free(visit, now=until + timedelta(seconds=seconds))

    assert (cancellation.free_until(visit), is_free) == (until, seconds < 0)


def test_it_is_the_patient_who_is_late_and_nobody_else(dr_bob, alice):
    late = {"status": "cancelled", "cancelled_at": NINE - HOUR}

    hers = make_visit(dr_bob, alice, **late)
    his = make_visit(dr_bob, alice, **late, cancelled_by=dr_bob.user)

    assert [cancellation.is_late(one) for one in (hers, his)] == [True, False]
