from datetime import date, timedelta

import pytest

from appointments.availability import free, is_offered, slots
from tests.appointments.plans import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    clock,
    make_plan,
    on,
    span,
    utc,
    weekly,
)

LONG_AGO = utc("2027-01-01 00:00")
WEEK = span("2027-03-01 00:00", "2027-03-08 00:00")  # 1 March is a Monday
FIRST = date(2027, 3, 1)
MORNING = weekly(MONDAY, "09:00-12:00")


def found(plan, *, busy=(), window=WEEK, now=LONG_AGO):
    return slots(plan, busy=busy, window=window, now=now)


def test_slots_start_on_the_grid_and_end_within_the_hours():
    plan = make_plan("UTC", MORNING, duration=60, step=30)

    assert found(plan) == [
        utc("2027-03-01 09:00"),
        utc("2027-03-01 09:30"),
        utc("2027-03-01 10:00"),
        utc("2027-03-01 10:30"),
        utc("2027-03-01 11:00"),
    ]


def test_a_visit_may_fill_the_hours_but_not_exceed_them():
    assert clock(found(make_plan("UTC", MORNING, duration=180))) == ["09:00"]
    assert found(make_plan("UTC", MORNING, duration=181)) == []


def test_no_rules_give_no_slots():
    assert found(make_plan("UTC")) == []


@pytest.mark.parametrize(
    "window",
    [
        span("2027-03-01 10:00", "2027-03-01 10:00"),
        span("2027-03-01 09:00", "2027-03-01 09:49"),
        span("2027-03-02 00:00", "2027-03-08 00:00"),
    ],
)
def test_a_window_without_room_gives_no_slots(window):
    assert found(make_plan("UTC", MORNING), window=window) == []


def test_hours_all_taken_give_no_slots():
    busy = [span("2027-03-01 09:00", "2027-03-01 12:00")]

    assert found(make_plan("UTC", MORNING), busy=busy) == []


def test_a_visit_starts_and_ends_within_the_window():
    window = span("2027-03-01 09:10", "2027-03-01 10:35")

    assert clock(found(make_plan("UTC", MORNING), window=window)) == ["09:15", "09:30", "09:45"]


def test_a_window_within_a_minute_is_narrowed_to_whole_minutes():
    window = (utc("2027-03-01 09:00:01"), utc("2027-03-01 10:04:59"))

    assert found(make_plan("UTC", MORNING), window=window) == []


def test_a_visit_may_touch_a_busy_time():
    busy = [span("2027-03-01 09:50", "2027-03-01 11:10")]

    assert clock(found(make_plan("UTC", MORNING, step=10), busy=busy)) == ["09:00", "11:10"]


def test_buffers_keep_clear_of_busy_times():
    plan = make_plan("UTC", MORNING, duration=30, before=10, after=5, step=5)
    busy = [span("2027-03-01 10:00", "2027-03-01 11:00")]

    assert clock(found(plan, busy=busy)) == [
        *["09:00", "09:05", "09:10", "09:15", "09:20", "09:25"],
        *["11:10", "11:15", "11:20", "11:25", "11:30"],
    ]


def test_buffers_may_lie_outside_the_hours():
    plan = make_plan("UTC", MORNING, duration=180, before=30, after=30)

    assert clock(found(plan)) == ["09:00"]


def test_a_buffer_outside_the_hours_still_keeps_clear_of_busy_times():
    plan = make_plan("UTC", MORNING, duration=180, before=30, after=30)
    lunch = span("2027-03-01 12:29", "2027-03-01 13:00")

    assert found(plan, busy=[lunch]) == []


def test_a_busy_time_takes_the_whole_of_a_minute_that_it_begins():
    plan = make_plan("UTC", MORNING, duration=60, step=60)
    busy = [(utc("2027-03-01 09:59:59"), utc("2027-03-01 10:00:01"))]

    assert clock(found(plan, busy=busy)) == ["11:00"]


def test_an_empty_busy_time_takes_nothing():
    busy = [(utc("2027-03-01 09:30:30"), utc("2027-03-01 09:30:30"))]

    assert found(make_plan("UTC", MORNING), busy=busy) == found(make_plan("UTC", MORNING))


def test_busy_times_may_come_in_any_order_and_overlap():
    busy = [
        span("2027-03-01 10:30", "2027-03-01 11:00"),
        span("2027-03-01 09:00", "2027-03-01 11:10"),
        span("2027-03-01 09:30", "2027-03-01 10:00"),
    ]

    assert clock(found(make_plan("UTC", MORNING, step=10), busy=busy)) == ["11:10"]


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2027-03-01 09:15", "10:15"),
        ("2027-03-01 09:15:01", "10:30"),
        ("2027-02-01 00:00", "09:00"),
    ],
)
def test_a_visit_starts_no_sooner_than_the_lead_time(now, first):
    plan = make_plan("UTC", MORNING, lead=60)

    assert clock(found(plan, now=utc(now)))[0] == first


def test_the_grid_starts_where_each_range_starts():
    plan = make_plan("UTC", weekly(MONDAY, "09:05-10:00"), weekly(MONDAY, "13:10-14:10"))

    assert clock(found(plan)) == ["09:05", "13:10"]


def test_hours_that_overlap_share_the_grid_of_the_first():
    plan = make_plan(
        "UTC", weekly(MONDAY, "09:00-10:30"), weekly(MONDAY, "10:10-12:00"), duration=60, step=40
    )

    assert clock(found(plan)) == ["09:00", "09:40", "10:20", "11:00"]


def test_hours_that_touch_each_have_a_grid_yet_a_visit_runs_through():
    plan = make_plan(
        "UTC", weekly(MONDAY, "09:00-10:30"), weekly(MONDAY, "10:30-12:00"), duration=60, step=40
    )

    assert clock(found(plan)) == ["09:00", "09:40", "10:20", "10:30"]


def test_the_same_hours_twice_are_the_hours_once():
    assert found(make_plan("UTC", MORNING, MORNING)) == found(make_plan("UTC", MORNING))


def test_the_last_slot_before_midnight_ends_at_midnight():
    plan = make_plan("UTC", weekly(MONDAY, "22:00-24:00"), duration=60, step=30)

    assert clock(found(plan)) == ["22:00", "22:30", "23:00"]


def test_hours_past_midnight_are_two_rules_that_a_visit_runs_through():
    plan = make_plan(
        "UTC", weekly(MONDAY, "23:00-24:00"), weekly(TUESDAY, "00:00-01:00"), duration=60, step=30
    )

    assert clock(found(plan)) == ["23:00", "23:30", "00:00"]


def test_always_open_means_the_same_whatever_the_window():
    plan = make_plan("UTC", *(weekly(day, "00:00-24:00") for day in range(7)), step=50)
    tuesday = span("2027-03-02 00:00", "2027-03-03 00:00")

    assert found(plan, window=tuesday) == [
        start for start in found(plan) if tuesday[0] <= start <= tuesday[1] - timedelta(minutes=50)
    ]


def test_a_rule_holds_from_its_first_to_its_last_date():
    plan = make_plan(
        "UTC",
        weekly(MONDAY, "09:00-10:00", valid_from=date(2027, 3, 8), valid_until=date(2027, 3, 22)),
    )

    found_in_march = found(plan, window=span("2027-03-01 00:00", "2027-04-01 00:00"))

    assert [start.day for start in found_in_march] == [8, 15, 22]


def test_an_exception_with_hours_replaces_the_rules_of_its_date():
    plan = make_plan("UTC", MORNING, exceptions=[on(FIRST, "15:00-16:00")])

    assert clock(found(plan)) == ["15:00"]


def test_an_exception_opens_a_date_that_no_rule_opens():
    plan = make_plan("UTC", exceptions=[on(date(2027, 3, 3), "15:00-16:00")])

    assert found(plan) == [utc("2027-03-03 15:00")]


def test_exceptions_with_hours_add_up():
    plan = make_plan(
        "UTC", MORNING, exceptions=[on(FIRST, "15:00-16:00"), on(FIRST, "07:00-08:00")]
    )

    assert clock(found(plan)) == ["07:00", "15:00"]


def test_an_exception_without_hours_closes_its_date_only():
    plan = make_plan("UTC", MORNING, weekly(WEDNESDAY, "09:00-10:00"), exceptions=[on(FIRST)])

    assert found(plan) == [utc("2027-03-03 09:00")]


@pytest.mark.parametrize("order", [1, -1])
def test_a_closed_date_stays_closed_whatever_else_is_said(order):
    plan = make_plan("UTC", MORNING, exceptions=[on(FIRST), on(FIRST, "15:00-16:00")][::order])

    assert found(plan) == []


@pytest.mark.parametrize(
    ("starts_at", "offered"),
    [
        ("2027-03-01 09:00", True),
        ("2027-03-01 09:10", False),  # off the grid
        ("2027-03-01 09:00:30", False),
        ("2027-03-01 08:45", False),
        ("2027-03-01 09:30", False),  # runs into the busy time
        ("2027-03-01 11:00", True),
        ("2027-03-01 11:15", False),  # runs past noon
        ("2027-03-02 09:00", False),
    ],
)
def test_a_start_is_offered_or_not(starts_at, offered):
    busy = [span("2027-03-01 10:00", "2027-03-01 11:00")]

    plan = make_plan("UTC", MORNING)

    assert is_offered(plan, starts_at=utc(starts_at), busy=busy, now=LONG_AGO) is offered


def test_a_start_within_the_lead_time_is_not_offered():
    plan = make_plan("UTC", MORNING, lead=60)
    nine = utc("2027-03-01 09:00")

    assert is_offered(plan, starts_at=nine, busy=[], now=utc("2027-03-01 08:00"))
    assert not is_offered(plan, starts_at=nine, busy=[], now=utc("2027-03-01 08:01"))


def test_free_time_is_open_and_not_busy_and_within_the_window():
    plan = make_plan("UTC", MORNING, weekly(TUESDAY, "09:00-12:00"))
    busy = [
        span("2027-03-01 08:00", "2027-03-01 09:30"),
        span("2027-03-01 10:00", "2027-03-01 11:00"),
    ]
    window = span("2027-03-01 00:00", "2027-03-02 10:00")

    assert free(plan, busy=busy, window=window) == [
        span("2027-03-01 09:30", "2027-03-01 10:00"),
        span("2027-03-01 11:00", "2027-03-01 12:00"),
        span("2027-03-02 09:00", "2027-03-02 10:00"),
    ]


def test_free_time_that_touches_is_joined():
    plan = make_plan("UTC", *(weekly(day, "00:00-24:00") for day in range(7)))

    assert free(plan, busy=[], window=WEEK) == [WEEK]
