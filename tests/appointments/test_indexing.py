"""The index of free time is what hours and visits say, whatever has happened to them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from threading import Event

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Licence
from appointments import availability, booking, indexing, keeping, offers
from appointments.availability import Rule
from appointments.models import (
    Appointment,
    AvailabilityException,
    AvailabilityRule,
    FreeInterval,
    Leave,
    Opening,
    Schedule,
)
from appointments.openings import NEVER
from appointments.tasks import sweep_index
from tests import factories
from tests.factories import HOUR, NINE, NOW
from tests.threads import at_once

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOON = NOW + 2 * HOUR


def offer_of(provider, now):
    [offer] = offers.of([type(provider).objects.get(pk=provider.pk)], now=now)
    return offer


def starts_in_index(provider, now):
    """The starts that the intervals stand for, cut to lead time and horizon."""
    offer = offer_of(provider, now)
    earliest = now + offer.plan.lead_minutes * MINUTE
    latest = offer.horizon - offer.plan.duration_minutes * MINUTE
    found = []
    for row in provider.free_intervals.order_by("starts_at"):
        step = row.step_minutes * MINUTE
        every = range(-((row.starts_at - row.ends_at) // step))
        found += [row.starts_at + number * step for number in every]
    return [start for start in found if earliest <= start <= latest]


def starts_by_the_rules(provider, now):
    offer = offer_of(provider, now)
    window = (now, offer.horizon)
    return availability.slots(offer.plan, busy=offer.busy, window=window, now=now)


def openings_by_the_rules(provider, now):
    """The soonest start in each state in which there is one."""
    offer = offer_of(provider, now)
    soonest = {state: next(offer.starts(state=state), None) for state in ("IL", "TX", "CA", "WI")}
    return {state: start for state, start in soonest.items() if start}


def is_right(provider, now):
    """Whether intervals and openings are those computed anew from hours, visits and licences."""
    kept = provider.openings.filter(state__in=["IL", "TX", "CA", "WI"]).exclude(starts_at=NEVER)
    return starts_in_index(provider, now) == starts_by_the_rules(provider, now) and dict(
        kept.values_list("state", "starts_at")
    ) == openings_by_the_rules(provider, now)


def test_a_provider_is_in_the_index_with_her_hours(dr_bob):
    [first, *_] = dr_bob.free_intervals.order_by("starts_at")

    assert (first.starts_at, first.ends_at, first.step_minutes) == (
        datetime(2026, 12, 1, 15, 0, tzinfo=UTC),
        datetime(2026, 12, 1, 22, 11, tzinfo=UTC),
        15,
    )
    assert dr_bob.openings.get().starts_at == NOON
    assert is_right(dr_bob, NOW)


def hold(provider, holder, *, starts_at=NINE, now=NOW):
    return booking.hold(provider=provider, starts_at=starts_at, holder=holder, state="IL", now=now)


def test_each_deed_that_takes_or_gives_time_leaves_the_index_right(dr_bob, alice):
    held = hold(dr_bob, "h1", starts_at=NINE)
    assert NINE not in starts_in_index(dr_bob, NOW)
    assert is_right(dr_bob, NOW)

    later = NOW + booking.HOLD
    booking.renew(appointment=held, now=later)
    assert is_right(dr_bob, later)

    booking.confirm(appointment=held, patient=alice, by=alice.user, now=later + MINUTE)
    assert is_right(dr_bob, later + MINUTE)

    booking.cancel(appointment=held, by=alice.user, now=later + 2 * MINUTE)
    assert NINE in starts_in_index(dr_bob, later + 2 * MINUTE)


def test_a_time_that_is_taken_moves_the_soonest_start(dr_bob):
    hold(dr_bob, "h1", starts_at=NOON)

    assert dr_bob.openings.get().starts_at == NOON + HOUR


def test_whoever_lets_go_of_a_time_frees_it_in_the_index_of_its_provider(dr_bob, carol):
    hold(dr_bob, "h1", starts_at=NOON)

    hold(carol, "h1", starts_at=NOON)

    assert is_right(dr_bob, NOW)
    assert is_right(carol, NOW)


def test_what_is_undone_is_undone_in_the_index(dr_bob):
    before = set(dr_bob.free_intervals.values_list("starts_at", "ends_at"))

    with transaction.atomic():
        hold(dr_bob, "h1")
        transaction.set_rollback(True)

    assert set(dr_bob.free_intervals.values_list("starts_at", "ends_at")) == before


def add_rule(provider):
    AvailabilityRule.objects.create(provider=provider, weekday=5, from_minute=600, to_minute=900)


def close_a_day(provider):
    AvailabilityException.objects.create(provider=provider, on=date(2026, 12, 2))


def end_a_rule(provider):
    provider.availability_rules.filter(weekday=1).delete()


def cut_otherwise(provider):
    Schedule.objects.filter(provider=provider).update(step_minutes=30, visit_minutes=30)


def move(provider):
    type(provider).objects.filter(pk=provider.pk).update(zone="America/Denver")


def lose_the_licence(provider):
    provider.licences.update(valid_until=date(2026, 11, 30))


def gain_a_compact(provider):
    times = {"valid_from": date(2024, 1, 1), "valid_until": date(2027, 12, 31)}
    Licence.objects.create(provider=provider, state="IL", compact="psypact", number="P", **times)


def come_to_see_somebody(provider):
    patient = factories.make_patient(provider.practice, "Alice Doe")
    factories.make_visit(provider, patient, starts_at=NOON)


CHANGES = [
    add_rule,
    close_a_day,
    end_a_rule,
    cut_otherwise,
    move,
    lose_the_licence,
    gain_a_compact,
    come_to_see_somebody,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_whatever_road_is_found_by_the_sweep(dr_bob, change):
    change(dr_bob)
    assert not is_right(dr_bob, NOW)

    assert indexing.sweep(now=NOW) == 1

    dr_bob.refresh_from_db()
    assert is_right(dr_bob, NOW)
    assert indexing.sweep(now=NOW) == 0


def test_a_hold_that_is_confirmed_is_as_busy_as_before(dr_bob, alice):
    held = hold(dr_bob, "h1")
    booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)

    assert indexing.sweep(now=NOW) == 0
    indexing.sweep(now=NOW + booking.HOLD)  # when the hold would have run out
    assert is_right(dr_bob, NOW + booking.HOLD)


def test_a_visit_that_begins_makes_nothing_due(visit):
    indexing.sweep(now=NOW)

    visit.arrive(now=NINE)

    assert indexing.sweep(now=NOW) == 0


def test_the_sweep_frees_what_was_held_once_the_hold_is_over(dr_bob):
    hold(dr_bob, "h1")
    assert NINE not in starts_in_index(dr_bob, NOW)

    indexing.sweep(now=NOW + booking.HOLD)

    assert NINE in starts_in_index(dr_bob, NOW + booking.HOLD)


def test_the_sweep_moves_the_soonest_start_on_when_its_time_has_come(dr_bob):
    indexing.sweep(now=NOW + MINUTE)

    assert dr_bob.openings.get().starts_at == NOON + 15 * MINUTE


def test_each_day_the_horizon_moves_on(dr_bob):
    tomorrow = NOW + DAY

    indexing.sweep(now=tomorrow)

    assert is_right(dr_bob, tomorrow)
    assert max(starts_in_index(dr_bob, tomorrow)) > max(starts_in_index(dr_bob, NOW))


def test_a_day_without_a_sweep_costs_no_time_of_the_horizon(dr_bob):
    a_day_late = NOW + DAY + HOUR

    assert starts_in_index(dr_bob, a_day_late) == starts_by_the_rules(dr_bob, a_day_late)


def test_the_beat_sweeps(dr_bob):
    close_a_day(dr_bob)

    with time_machine.travel(NOW, tick=False):
        sweep_index()

    assert is_right(dr_bob, NOW)


def test_the_command_makes_all_of_it_anew(dr_bob, carol, capsys):
    FreeInterval.objects.all().delete()
    Opening.objects.all().delete()

    with time_machine.travel(NOW, tick=False):
        call_command("rebuild_index")

    assert capsys.readouterr().out == "Made the index anew for 2 providers.\n"
    assert is_right(dr_bob, NOW)
    assert is_right(carol, NOW)


def test_a_booking_writes_what_differs_and_no_more(dr_bob):
    kept = set(dr_bob.free_intervals.values_list("pk", flat=True))

    hold(dr_bob, "h1", starts_at=NINE + HOUR)

    now_there = set(dr_bob.free_intervals.values_list("pk", flat=True))
    assert (len(kept - now_there), len(now_there - kept)) == (1, 2)


class IndexMachine(RuleBasedStateMachine):
    """Edits of hours, licences and visits, and a clock; the beat sweeps as the clock moves."""

    def __init__(self, provider, patient):
        super().__init__()
        self.provider, self.patient, self.now = provider, patient, NOW
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        Schedule.objects.update(horizon_days=8)
        self.sweep()

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def sweep(self):
        indexing.sweep(now=self.now)

    @rule(minutes=st.sampled_from([1, 7, 60, 1440, 4000]))
    def wait(self, minutes):
        self.now += minutes * MINUTE
        self.sweep()

    @rule(
        weekday=st.integers(0, 6),
        pair=st.lists(st.integers(0, 24), min_size=2, max_size=2, unique=True),
    )
    def open_hours(self, weekday, pair):
        start, end = sorted(pair)
        rules = AvailabilityRule.objects.filter(provider=self.provider, weekday=weekday)
        rules.filter(from_minute__lt=end * 60, to_minute__gt=start * 60).delete()
        AvailabilityRule.objects.create(
            provider=self.provider, weekday=weekday, from_minute=start * 60, to_minute=end * 60
        )
        self.sweep()

    @rule(days=st.integers(0, 5))
    def close(self, days):
        on = self.now.date() + days * DAY
        AvailabilityException.objects.filter(on=on).delete()
        AvailabilityException.objects.create(provider=self.provider, on=on)
        self.sweep()

    @rule(days=st.integers(-1, 9), length=st.integers(0, 4))
    def go_away(self, days, length):
        first = self.now.date() + days * DAY
        Leave.objects.all().delete()
        Leave.objects.create(
            provider=self.provider, first_on=first, last_on=first + length * DAY, reason="away"
        )
        self.sweep()

    @rule(
        weekdays=st.sets(st.integers(0, 6)),
        start=st.integers(0, 22),
        length=st.integers(1, 2),
        count=st.sampled_from([None, 1, 2]),
    )
    def keep_the_week(self, weekdays, start, length, count):
        """No sweep after it either."""
        seen = Appointment.objects.values_list("pk", flat=True)
        revision = Schedule.objects.get(provider=self.provider).revision
        keeping.keep_week(
            provider=self.provider,
            rules=[Rule(day, start * 60, (start + length) * 60) for day in sorted(weekdays)],
            cut={"visits_a_day": count},
            read=keeping.Reading(revision, set(seen)),
            by=self.provider.user,
            now=self.now,
        )

    @rule(count=st.sampled_from([None, 1, 2, 3]))
    def take_no_more(self, count):
        Schedule.objects.update(visits_a_day=count)
        self.sweep()

    @rule()
    def open_all_closed(self):
        AvailabilityException.objects.all().delete()
        self.sweep()

    @rule(
        visit=st.sampled_from([15, 50]),
        step=st.sampled_from([5, 15, 60]),
        lead=st.sampled_from([0, 120, 3000]),
        before=st.sampled_from([0, 10]),
        horizon=st.sampled_from([3, 8]),
    )
    def cut(self, visit, step, lead, before, horizon):
        Schedule.objects.update(
            visit_minutes=visit,
            step_minutes=step,
            lead_minutes=lead,
            buffer_before_minutes=before,
            horizon_days=horizon,
        )
        self.sweep()

    @rule(until=st.integers(-2, 30), compact=st.booleans())
    def licence(self, until, compact):
        Licence.objects.all().delete()
        factories.make_licence(
            self.provider,
            compact="psypact" if compact else "",
            valid_until=self.now.date() + until * DAY,
        )
        self.sweep()

    @rule(place=st.integers(0, 200), holder=st.sampled_from(["h1", "h2"]))
    def hold(self, place, holder):
        """No sweep after it: the deed itself leaves the index right."""
        starts = starts_by_the_rules(self.provider, self.now)
        if starts:
            with suppress(booking.NotLicensed, booking.SlotTaken, booking.NotOffered):
                hold(self.provider, holder, starts_at=starts[place % len(starts)], now=self.now)

    def visits(self, *statuses):
        return list(Appointment.objects.filter(status__in=statuses).order_by("starts_at"))

    @precondition(lambda self: self.visits("held"))
    @rule()
    def confirm(self):
        patient = {"patient": self.patient, "by": self.patient.user}
        with suppress(booking.HoldExpired, booking.SlotTaken):
            booking.confirm(appointment=self.visits("held")[0], now=self.now, **patient)

    @precondition(lambda self: self.visits("held"))
    @rule()
    def renew(self):
        with suppress(booking.SlotTaken):
            booking.renew(appointment=self.visits("held")[-1], now=self.now)

    @precondition(lambda self: self.visits("booked"))
    @rule()
    def cancel(self):
        with suppress(booking.TooLate):
            booking.cancel(
                appointment=self.visits("booked")[-1], by=self.patient.user, now=self.now
            )

    @invariant()
    def the_index_is_what_would_be_computed_now(self):
        assert is_right(self.provider, self.now)


def test_the_index_is_right_after_any_sequence_of_edits(dr_bob, alice):
    run_state_machine_as_test(
        lambda: IndexMachine(dr_bob, alice),
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_of_16_who_book_one_provider_at_once_the_index_misses_none(practice):
    dr_bob = factories.make_provider(practice, "Bob Ray")

    def deed(number):
        return hold(dr_bob, f"h{number}", starts_at=NINE + number % 8 * HOUR).status

    outcomes = [str(getattr(one, "value", type(one).__name__)) for one in at_once(16, deed)]

    assert outcomes.count("held") == 8
    assert is_right(dr_bob, NOW)


@pytest.mark.django_db(transaction=True)
def test_16_who_change_between_two_providers_lock_nobody_up(practice):
    pair = [factories.make_provider(practice, name) for name in ("Bob Ray", "Carol Fox")]
    for number in range(16):
        hold(pair[number % 2], f"h{number}", starts_at=NINE + number // 2 * HOUR)

    def deed(number):
        other = pair[(number + 1) % 2]
        return hold(other, f"h{number}", starts_at=NINE + DAY + number // 2 * HOUR).status

    outcomes = at_once(16, deed)

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert [is_right(provider, NOW) for provider in pair] == [True, True]


@pytest.mark.django_db(transaction=True)
def test_hours_that_change_while_somebody_books_are_not_lost(practice):
    """The change is committed after the booking has read the hours, and before it is done."""
    dr_bob = factories.make_provider(practice, "Bob Ray")
    has_locked = Event()

    def deed(number):
        if number == 0:
            with transaction.atomic():
                ids = indexing.lock([dr_bob.pk])
                has_locked.set()
                indexing.renew(ids, now=NOW)
        else:
            has_locked.wait(timeout=10)
            close_a_day(dr_bob)

    assert at_once(2, deed) == [None, None]
    indexing.sweep(now=NOW)
    assert is_right(dr_bob, NOW)
