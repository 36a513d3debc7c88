"""
Clocks go forward and back, and zones are not whole hours; each test holds under any server zone.

In 2027 New York skips 14 March 02:00-03:00 and has 7 November 01:00-02:00 twice.  Visits of 50
minutes on a grid of 15 are what the counts of slots, 5 and 9 and 17, are for.
"""

import io
import struct
import time
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from appointments.availability import free, is_offered, slots
from tests.appointments.plans import (
    MONDAY,
    SATURDAY,
    SUNDAY,
    THURSDAY,
    clock,
    day,
    make_plan,
    span,
    utc,
    weekly,
)

LONG_AGO = utc("2027-01-01 00:00")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(autouse=True, params=["UTC", "America/New_York", "Asia/Kolkata"])
def server_zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def found(zone, hours, date, *, weekday=SUNDAY, **cut):
    plan = make_plan(zone, weekly(weekday, hours), **cut)
    return slots(plan, busy=[], window=day(date), now=LONG_AGO)


def opening(zone, hours, date, weekday=SUNDAY):
    """Return the free intervals of the date, which are the hours as instants."""
    return free(make_plan(zone, weekly(weekday, hours)), busy=[], window=day(date))


def without_summer_time(name):
    """Return the zone as it would be six hours behind UTC all year."""
    header = struct.Struct(">4sc15x6l")
    one_zone = header.pack(b"TZif", b"2", 0, 0, 0, 0, 1, 4) + struct.pack(">lbb", -6 * 3600, 0, 0)
    file = (one_zone + b"CST\0") * 2 + b"\nCST6\n"
    return ZoneInfo.from_file(io.BytesIO(file), key=name)


def test_chicago_afternoon_on_the_day_clocks_go_forward():
    starts = found("America/Chicago", "15:00-17:00", "2027-03-14")

    assert clock(starts, "America/Chicago") == ["15:00", "15:15", "15:30", "15:45", "16:00"]


def test_new_york_night_loses_the_hour_that_is_skipped():
    starts = found("America/New_York", "01:00-05:00", "2027-03-14")

    assert clock(starts, "America/New_York") == [
        *["01:00", "01:15", "01:30", "01:45"],
        *["03:00", "03:15", "03:30", "03:45", "04:00"],
    ]
    assert clock(starts)[0] == "06:00"


def test_new_york_night_gains_the_hour_that_comes_twice():
    starts = found("America/New_York", "00:00-04:00", "2027-11-07")

    assert (len(starts), starts[0], starts[-1]) == (
        17,
        utc("2027-11-07 04:00"),
        utc("2027-11-07 08:00"),
    )


@pytest.mark.parametrize(("date", "nine"), [("2027-03-14", "13:00"), ("2027-11-07", "14:00")])
def test_new_york_morning_on_the_days_of_change(date, nine):
    starts = found("America/New_York", "09:00-12:00", date)

    assert (clock(starts, "America/New_York")[0], clock(starts)[0]) == ("09:00", nine)
    assert (clock(starts, "America/New_York")[-1], len(starts)) == ("11:00", 9)


@pytest.mark.parametrize(
    ("zone", "nine"), [("Asia/Kolkata", "03:30"), ("Asia/Kathmandu", "03:15"), ("UTC", "09:00")]
)
def test_zones_that_are_not_whole_hours(zone, nine):
    starts = found(zone, "09:00-12:00", "2027-03-14")

    assert (clock(starts)[0], clock(starts, zone)[-1], len(starts)) == (nine, "11:00", 9)


@pytest.mark.parametrize(
    ("zone", "hours", "date", "instants"),
    [
        # Skipped: the first instant after the gap, as a start and as an end.
        ("America/New_York", "02:30-04:00", "2027-03-14", "03-14 07:00 03-14 08:00"),
        ("America/New_York", "01:00-02:30", "2027-03-14", "03-14 06:00 03-14 07:00"),
        ("America/New_York", "02:00-03:00", "2027-03-14", None),
        ("America/New_York", "02:15-02:45", "2027-03-14", None),
        # Twice: the first as a start, the second as an end.
        ("America/New_York", "01:30-03:00", "2027-11-07", "11-07 05:30 11-07 08:00"),
        ("America/New_York", "00:00-01:30", "2027-11-07", "11-07 04:00 11-07 06:30"),
        ("America/New_York", "01:30-01:45", "2027-11-07", "11-07 05:30 11-07 06:45"),
        ("America/New_York", "00:00-01:00", "2027-11-07", "11-07 04:00 11-07 06:00"),
        # The minute that ends a gap, or that comes after the hour that comes twice, is plain.
        ("America/New_York", "03:00-04:00", "2027-03-14", "03-14 07:00 03-14 08:00"),
        ("America/New_York", "02:00-03:00", "2027-11-07", "11-07 07:00 11-07 08:00"),
        # Lord Howe Island changes by half an hour.
        ("Australia/Lord_Howe", "02:15-04:00", "2027-10-03", "10-02 15:30 10-02 17:00"),
        ("Australia/Lord_Howe", "01:45-04:00", "2027-04-04", "04-03 14:45 04-03 17:30"),
        ("Australia/Lord_Howe", "00:00-01:45", "2027-04-04", "04-03 13:00 04-03 15:15"),
        # Havana changes at midnight: it skips 00:00 to 01:00, and has it twice.
        ("America/Havana", "00:00-02:00", "2027-03-14", "03-14 05:00 03-14 06:00"),
        ("America/Havana", "00:00-01:00", "2027-11-07", "11-07 04:00 11-07 06:00"),
    ],
)
def test_hours_that_a_change_cuts_into(zone, hours, date, instants):
    expected = []
    if instants:
        expected = [span(f"2027-{instants[:11]}", f"2027-{instants[12:]}")]

    assert opening(zone, hours, date) == expected


@pytest.mark.parametrize(
    ("zone", "rule", "window"),
    [
        # Saturday until 24:00 is until the second midnight, when it has long been Sunday.
        (
            "America/Havana",
            weekly(SATURDAY, "23:00-24:00"),
            span("2027-11-07 04:10", "2027-11-07 04:50"),
        ),
        # Sunday from 00:00 is from the first midnight, a minute before it is Saturday again.
        (
            "America/St_Johns",
            weekly(SUNDAY, "00:00-05:00"),
            span("2010-11-07 02:40", "2010-11-07 03:20"),
        ),
    ],
)
def test_hours_that_reach_into_another_date_are_seen_from_there(zone, rule, window):
    assert free(make_plan(zone, rule), busy=[], window=window) == [window]


def test_touching_hours_within_the_hour_that_comes_twice_overlap():
    plan = make_plan(NEW_YORK, weekly(SUNDAY, "00:00-01:30"), weekly(SUNDAY, "01:30-03:00"))

    opened = free(plan, busy=[], window=day("2027-11-07"))

    assert opened == [span("2027-11-07 04:00", "2027-11-07 08:00")]


def test_a_date_that_a_zone_left_out_has_no_hours():
    assert opening("Pacific/Apia", "09:00-12:00", "2011-12-30", weekday=4) == []


def test_hours_stay_where_they_are_on_the_wall_all_year():
    plan = make_plan(NEW_YORK, *(weekly(weekday, "09:00-12:00") for weekday in range(7)))
    window = span("2027-03-01 00:00", "2027-12-01 00:00")

    starts = slots(plan, busy=[], window=window, now=LONG_AGO)

    by_date = groupby(starts, key=lambda start: start.astimezone(NEW_YORK).date())
    days = {tuple(clock(of_date, "America/New_York")) for _, of_date in by_date}
    assert days == {
        ("09:00", "09:15", "09:30", "09:45", "10:00", "10:15", "10:30", "10:45", "11:00")
    }
    assert len(starts) == 275 * 9


def test_a_weekly_visit_keeps_its_hour_across_a_change():
    plan = make_plan(NEW_YORK, weekly(MONDAY, "16:00-17:00"))
    window = span("2027-03-01 00:00", "2027-03-30 00:00")

    starts = slots(plan, busy=[], window=window, now=LONG_AGO)

    assert starts == [
        utc("2027-03-01 21:00"),
        utc("2027-03-08 21:00"),
        utc("2027-03-15 20:00"),
        utc("2027-03-22 20:00"),
        utc("2027-03-29 20:00"),
    ]


def test_london_hours_seen_in_new_york_shift_in_the_weeks_between_the_changes():
    plan = make_plan("Europe/London", weekly(MONDAY, "15:00-16:00"))
    window = span("2027-03-08 00:00", "2027-04-06 00:00")

    starts = slots(plan, busy=[], window=window, now=LONG_AGO)

    seen = clock(starts, "America/New_York")
    assert seen == ["10:00", "11:00", "11:00", "10:00", "10:00"]


def test_a_patient_may_see_another_date_than_the_provider():
    starts = found("Pacific/Auckland", "09:00-10:00", "2027-03-15", weekday=MONDAY)

    seen = [f"{start.astimezone(NEW_YORK):%A %H:%M}" for start in starts]

    assert seen == ["Sunday 16:00"]


def test_a_lead_time_that_ends_on_a_day_of_change_is_real_hours():
    evening_before = datetime(2027, 3, 13, 22, tzinfo=NEW_YORK)
    plan = make_plan(NEW_YORK, weekly(SUNDAY, "09:00-12:00"), lead=12 * 60)

    starts = slots(plan, busy=[], window=day("2027-03-14"), now=evening_before)

    assert clock(starts, "America/New_York") == ["11:00"]


@pytest.mark.parametrize(("fold", "offered"), [(0, False), (1, True)])
def test_a_start_that_the_wall_shows_twice_is_the_one_its_fold_says(fold, offered):
    plan = make_plan(NEW_YORK, weekly(SUNDAY, "00:00-04:00"))
    half_past_one = datetime(2027, 11, 7, 1, 30, fold=fold, tzinfo=NEW_YORK)
    busy = [span("2027-11-07 05:30", "2027-11-07 06:30")]  # from the first to the second

    assert is_offered(plan, starts_at=half_past_one, busy=busy, now=LONG_AGO) is offered


def test_a_start_asked_for_in_a_zone_across_its_change():
    plan = make_plan(NEW_YORK, weekly(SUNDAY, "01:00-05:00"))
    before_the_gap = datetime(2027, 3, 14, 1, 45, tzinfo=NEW_YORK)

    assert is_offered(plan, starts_at=before_the_gap, busy=[], now=LONG_AGO)


def test_new_rules_of_a_zone_are_followed_though_its_name_is_the_same():
    def nine_in(zone):
        plan = make_plan(zone, weekly(THURSDAY, "09:00-10:00"))
        return slots(plan, busy=[], window=day("2027-07-01"), now=LONG_AGO)

    before = nine_in(ZoneInfo("America/Chicago"))
    after = nine_in(without_summer_time("America/Chicago"))

    assert after == [start + timedelta(hours=1) for start in before]
    assert before == [datetime(2027, 7, 1, 14, tzinfo=UTC)]
