"""Hours are kept whole: never against somebody else's change, never past visits nobody has seen."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from accounts.models import Provider
from appointments import booking, indexing, keeping, offers
from appointments.availability import DateException, Rule
from appointments.directory import free_slots
from appointments.keeping import MeetsAnother, Overtaken, Reading, WouldLieOutside
from appointments.models import Appointment, AvailabilityRule, Leave, Schedule
from core.models import AuditEvent
from tests import factories
from tests.appointments.test_indexing import is_right
from tests.factories import HOUR, NINE, NOW
from tests.threads import at_once

DAY = timedelta(days=1)
THURSDAY = NINE.date()
MORNINGS = [Rule(weekday, 9 * 60, 12 * 60) for weekday in range(5)]
AFTERNOONS = [Rule(weekday, 13 * 60, 17 * 60) for weekday in range(5)]
CUT = {"visit_minutes": 50, "visits_a_day": None}


def read(provider, *seen):
    return Reading(Schedule.objects.get(provider=provider).revision, {one.pk for one in seen})


def keep(provider, rules=MORNINGS, *, reading=None, by=None, **cut):
    keeping.keep_week(
        provider=provider,
        rules=rules,
        cut=CUT | cut,
        read=reading or read(provider),
        by=by or provider.user,
        now=NOW,
    )


def change(provider, stated, *seen):
    keeping.change_date(
        provider=provider, stated=stated, read=read(provider, *seen), by=provider.user, now=NOW
    )


def go_away(provider, first_on, last_on, *seen):
    keeping.take_leave(
        provider=provider,
        first_on=first_on,
        last_on=last_on,
        reason="vacation",
        read=read(provider, *seen),
        by=provider.user,
        now=NOW,
    )


def hours(provider):
    rules = provider.availability_rules.order_by("weekday", "from_minute")
    return list(rules.values_list("weekday", "from_minute", "to_minute"))


def slots(provider, day=THURSDAY, now=NOW):
    as_it_is = Provider.objects.get(pk=provider.pk)
    found = free_slots(provider=as_it_is, state="IL", now=now)
    return [one for one in found if one.astimezone(provider.zoneinfo).date() == day]


def deeds():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_a_week_takes_the_place_of_the_one_before(dr_bob):
    keep(dr_bob, [Rule(3, 9 * 60, 10 * 60)], visit_minutes=30)

    assert hours(dr_bob) == [(3, 540, 600)]
    assert slots(dr_bob) == [NINE, NINE + HOUR / 4, NINE + HOUR / 2]
    assert is_right(dr_bob, NOW)
    assert (deeds(), read(dr_bob).revision) == (["hours.saved"], 1)


def test_dates_of_validity_are_kept(dr_bob):
    keep(dr_bob, [Rule(3, 540, 600, date(2027, 1, 1), date(2027, 3, 31))])

    [rule] = dr_bob.availability_rules.all()
    assert (rule.valid_from, rule.valid_until) == (date(2027, 1, 1), date(2027, 3, 31))


def test_a_provider_without_a_schedule_gets_one(dr_bob):
    Schedule.objects.all().delete()

    keep(dr_bob, reading=Reading(0))

    assert Schedule.objects.get(provider=dr_bob).revision == 1


@pytest.mark.parametrize("revision", [0, 2, None])
def test_who_has_read_another_revision_saves_nothing(dr_bob, revision):
    Schedule.objects.update(revision=1)
    before = hours(dr_bob)

    with pytest.raises(Overtaken):
        keep(dr_bob, reading=Reading(revision))

    assert (hours(dr_bob), deeds(), read(dr_bob).revision) == (before, [], 1)


def test_a_visit_that_would_lie_outside_is_told_first(visit, dr_bob):
    before = hours(dr_bob)

    with pytest.raises(WouldLieOutside) as told:
        keep(dr_bob, AFTERNOONS)

    assert told.value.visits == [visit]
    assert (hours(dr_bob), deeds()) == (before, [])


def test_once_it_is_seen_the_hours_change_and_the_visit_stays(visit, dr_bob):
    keep(dr_bob, AFTERNOONS, reading=read(dr_bob, visit))

    visit.refresh_from_db()
    assert (visit.status, visit.starts_at) == ("booked", NINE)
    assert hours(dr_bob) == [(day, 780, 1020) for day in range(5)]
    assert is_right(dr_bob, NOW)


def test_a_visit_booked_after_the_others_were_seen_is_told_too(visit, dr_bob, mallory):
    seen = read(dr_bob, visit)
    later = factories.make_visit(dr_bob, mallory, starts_at=NINE + HOUR)

    with pytest.raises(WouldLieOutside) as told:
        keep(dr_bob, AFTERNOONS, reading=seen)

    assert told.value.visits == [visit, later]


def test_a_visit_that_lies_outside_already_is_not_told_again(visit, dr_bob):
    keep(dr_bob, AFTERNOONS, reading=read(dr_bob, visit))

    keep(dr_bob, [Rule(3, 13 * 60, 14 * 60)])

    assert hours(dr_bob) == [(3, 780, 840)]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "cancelled", "cancelled_at": NOW},
        {"starts_at": NOW - DAY},
        {"status": "held", "booked_at": None, "holder": "h1", "held_until": NOW + HOUR},
    ],
)
def test_what_is_called_off_over_or_only_held_stands_in_no_way(dr_bob, alice, fields):
    patient = None if fields.get("status") == "held" else alice
    factories.make_visit(dr_bob, patient, **fields)

    keep(dr_bob, AFTERNOONS)

    assert hours(dr_bob)[0] == (0, 780, 1020)


def test_hours_that_only_touch_hold_a_visit_that_runs_from_one_into_the_next(visit, dr_bob):
    keep(dr_bob, [Rule(3, 9 * 60, 9 * 60 + 20), Rule(3, 9 * 60 + 20, 10 * 60)])

    assert len(hours(dr_bob)) == 2


def test_an_hour_that_is_stated_twice_is_refused_whoever_asks(dr_bob):
    with pytest.raises(Exception, match="rule_hours_once"), transaction.atomic():
        keep(dr_bob, [Rule(0, 540, 600), Rule(0, 570, 630)])


def test_a_date_is_closed(dr_bob):
    change(dr_bob, DateException(THURSDAY))

    assert slots(dr_bob) == []
    assert len(slots(dr_bob, THURSDAY + DAY)) > 0
    assert is_right(dr_bob, NOW)
    assert deeds() == ["hours.date-changed"]


def test_a_date_has_hours_of_its_own(dr_bob):
    change(dr_bob, DateException(THURSDAY, 18 * 60, 19 * 60))

    assert slots(dr_bob) == [datetime(2026, 12, 4, 0, 0, tzinfo=UTC)]
    assert is_right(dr_bob, NOW)


@pytest.mark.parametrize(
    ("one", "other"),
    [((), ()), ((), (540, 600)), ((540, 600), ()), ((540, 600), (570, 630))],
)
def test_a_date_is_not_stated_in_two_ways(dr_bob, one, other):
    change(dr_bob, DateException(THURSDAY, *one))

    with pytest.raises(MeetsAnother):
        change(dr_bob, DateException(THURSDAY, *other))

    assert dr_bob.availability_exceptions.count() == 1


def test_a_date_may_have_two_stretches(dr_bob):
    change(dr_bob, DateException(THURSDAY, 540, 600))
    change(dr_bob, DateException(THURSDAY, 660, 720))

    assert slots(dr_bob) == [NINE, NINE + 2 * HOUR]


def test_the_weekly_hours_hold_on_a_date_again(dr_bob):
    before = slots(dr_bob)
    change(dr_bob, DateException(THURSDAY))

    keeping.restore_date(provider=dr_bob, on=THURSDAY, read=read(dr_bob), by=dr_bob.user, now=NOW)

    assert slots(dr_bob) == before
    assert is_right(dr_bob, NOW)


def test_a_visit_of_an_extra_evening_is_told_before_the_evening_is_taken_back(dr_bob, alice):
    change(dr_bob, DateException(THURSDAY, 18 * 60, 20 * 60))
    evening = factories.make_visit(dr_bob, alice, starts_at=NINE + 9 * HOUR)

    with pytest.raises(WouldLieOutside) as told:
        keeping.restore_date(
            provider=dr_bob, on=THURSDAY, read=read(dr_bob), by=dr_bob.user, now=NOW
        )

    assert told.value.visits == [evening]


def test_leave_closes_its_first_day_its_last_and_those_between(dr_bob):
    go_away(dr_bob, THURSDAY, THURSDAY + 4 * DAY)

    days = {
        one.astimezone(dr_bob.zoneinfo).date()
        for one in free_slots(provider=dr_bob, state="IL", now=NOW)
    }
    assert {THURSDAY + n * DAY for n in range(-1, 6)} & days == {
        THURSDAY - DAY, THURSDAY + 5 * DAY,
    }  # fmt: skip
    assert is_right(dr_bob, NOW)
    assert deeds() == ["leave.taken"]


def test_leave_closes_a_date_with_hours_of_its_own_too(dr_bob):
    change(dr_bob, DateException(THURSDAY, 540, 600))

    go_away(dr_bob, THURSDAY, THURSDAY)

    assert slots(dr_bob) == []


def test_leave_that_has_begun_long_ago_still_holds(dr_bob):
    Leave.objects.create(
        provider=dr_bob, first_on=date(2026, 1, 1), last_on=THURSDAY, reason="away"
    )

    assert slots(dr_bob) == []
    assert slots(dr_bob, THURSDAY + DAY) != []


def test_nobody_is_away_twice_on_one_day(dr_bob):
    go_away(dr_bob, THURSDAY, THURSDAY + DAY)

    with pytest.raises(MeetsAnother):
        go_away(dr_bob, THURSDAY + DAY, THURSDAY + 2 * DAY)


def test_a_visit_within_leave_is_told_first(visit, dr_bob):
    with pytest.raises(WouldLieOutside):
        go_away(dr_bob, THURSDAY, THURSDAY)
    go_away(dr_bob, THURSDAY, THURSDAY, visit)

    assert dr_bob.leaves.count() == 1


def test_leave_is_taken_back(dr_bob):
    before = slots(dr_bob)
    go_away(dr_bob, THURSDAY, THURSDAY)

    keeping.end_leave(
        provider=dr_bob, leave=dr_bob.leaves.get(), read=read(dr_bob), by=dr_bob.user, now=NOW
    )

    assert slots(dr_bob) == before
    assert is_right(dr_bob, NOW)
    assert deeds() == ["leave.taken", "leave.ended"]


def book(provider, starts_at, holder="h1"):
    return booking.hold(provider=provider, starts_at=starts_at, holder=holder, state="IL", now=NOW)


def test_a_full_day_offers_nothing_more(visit, dr_bob):
    keep(dr_bob, AFTERNOONS + MORNINGS, visits_a_day=1)

    assert slots(dr_bob) == []
    assert slots(dr_bob, THURSDAY + DAY) != []
    assert is_right(dr_bob, NOW)
    with pytest.raises(booking.NotOffered):
        book(dr_bob, NINE + 4 * HOUR)


def test_a_visit_that_is_over_counts_among_those_of_its_day(dr_bob, alice):
    factories.make_visit(
        dr_bob, alice, starts_at=NOW - HOUR, status="fulfilled", arrived_at=NOW - HOUR
    )
    keep(dr_bob, AFTERNOONS + MORNINGS, visits_a_day=1)

    assert slots(dr_bob, NOW.date()) == []


def test_the_day_of_a_visit_is_that_of_the_providers_calendar(dr_bob, alice):
    """Half past six in the evening in Chicago is the next day in UTC."""
    factories.make_visit(dr_bob, alice, starts_at=NINE + 9 * HOUR + HOUR / 2)
    Schedule.objects.update(visits_a_day=1)

    assert slots(dr_bob) == []
    assert slots(dr_bob, THURSDAY + DAY) != []


def test_a_visit_that_is_called_off_counts_no_more(visit, dr_bob, alice):
    Schedule.objects.update(visits_a_day=1)

    booking.cancel(appointment=visit, by=alice.user, now=NOW)

    assert NINE in slots(dr_bob)
    assert is_right(dr_bob, NOW)


def test_a_hold_counts_until_it_runs_out(dr_bob):
    Schedule.objects.update(visits_a_day=1)
    book(dr_bob, NINE)

    assert slots(dr_bob) == []
    later = NOW + booking.HOLD
    assert NINE in slots(dr_bob, now=later)
    indexing.sweep(now=later)
    assert is_right(dr_bob, later)


def test_who_holds_the_last_visit_of_a_day_may_choose_another_time_of_it(dr_bob):
    Schedule.objects.update(visits_a_day=1)
    book(dr_bob, NINE)

    moved = book(dr_bob, NINE + HOUR)

    assert (moved.starts_at, Appointment.objects.count()) == (NINE + HOUR, 1)


def test_a_visit_of_a_full_day_may_be_moved_within_it(visit, dr_bob):
    Schedule.objects.update(visits_a_day=1)
    [offer] = offers.of([Provider.objects.get(pk=dr_bob.pk)], now=NOW)

    assert not offer.has(NINE + HOUR)
    assert offer.without([visit]).has_free(NINE + HOUR)


def test_one_visit_less_does_not_open_a_day_that_has_two_too_many(visit, dr_bob, mallory):
    factories.make_visit(dr_bob, mallory, starts_at=NINE + 2 * HOUR)
    Schedule.objects.update(visits_a_day=1)
    [offer] = offers.of([Provider.objects.get(pk=dr_bob.pk)], now=NOW)

    assert not offer.without([visit]).has(NINE + HOUR)


def test_a_day_of_leave_stays_closed_whichever_visits_are_moved(visit, dr_bob):
    Schedule.objects.update(visits_a_day=1)
    Leave.objects.create(provider=dr_bob, first_on=THURSDAY, last_on=THURSDAY, reason="away")
    [offer] = offers.of([Provider.objects.get(pk=dr_bob.pk)], now=NOW)

    assert not offer.without([visit]).has(NINE + HOUR)


def test_leave_that_is_a_year_away_is_known_to_whoever_repeats_visits(dr_bob):
    day = THURSDAY + 350 * DAY
    Leave.objects.create(provider=dr_bob, first_on=day, last_on=day, reason="away")

    [offer] = offers.of([Provider.objects.get(pk=dr_bob.pk)], now=NOW)

    assert DateException(day) in offer.plan.exceptions


@pytest.mark.django_db(transaction=True)
def test_of_16_who_book_one_day_at_once_no_more_than_its_visits_are_held(practice):
    dr_bob = factories.make_provider(practice, "Bob Ray")
    Schedule.objects.update(visits_a_day=3)

    outcomes = at_once(16, lambda n: book(dr_bob, NINE + n % 8 * HOUR, f"h{n}").status)

    held = [one for one in outcomes if one == "held"]
    assert (len(held), Appointment.objects.count()) == (3, 3)
    others = {type(one) for one in outcomes if isinstance(one, Exception)}
    assert others <= {booking.NotOffered, booking.SlotTaken}


@pytest.mark.django_db(transaction=True)
def test_of_8_who_save_the_week_at_once_one_is_first(practice):
    dr_bob = factories.make_provider(practice, "Bob Ray")

    def save(number):
        keep(dr_bob, [Rule(3, 540, 600 + number)], reading=Reading(0))

    outcomes = at_once(8, save)

    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", *["Overtaken"] * 7]
    assert AvailabilityRule.objects.count() == 1
    assert is_right(dr_bob, NOW)


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_is_that_of_one(practice, django_assert_num_queries, count):
    providers = [factories.make_provider(practice, f"Bob Ray {n}") for n in range(count)]
    Schedule.objects.update(visits_a_day=2)
    fresh = list(type(providers[0]).objects.order_by("pk"))

    with django_assert_num_queries(7):
        offers.of(fresh, now=NOW)
