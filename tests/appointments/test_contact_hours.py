"""Hours on a wall: under any server zone, and on the days on which clocks change.

In 2027 New York skips 14 March 02:00-03:00 and has 7 November 01:00-02:00 twice.
"""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.contact_hours import ORDINARY, WHOLE_DAY, ContactHours, days_before

NEW_YORK = ZoneInfo("America/New_York")
ZONES = [NEW_YORK, ZoneInfo("America/Phoenix"), ZoneInfo("Asia/Kolkata"), ZoneInfo("UTC")]


@pytest.fixture(autouse=True, params=["UTC", "America/New_York", "Asia/Kolkata"], scope="module")
def server_zone(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def at(text, zone=NEW_YORK):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def ordinary(zone=NEW_YORK):
    return ContactHours(*ORDINARY, zone)


@pytest.mark.parametrize(
    ("wanted", "is_in", "following", "before"),
    [
        ("2027-06-02 07:59", False, "2027-06-02 08:00", "2027-06-01 20:00"),
        ("2027-06-02 08:00", True, "2027-06-02 08:00", "2027-06-01 20:00"),
        ("2027-06-02 20:59", True, "2027-06-02 20:59", "2027-06-02 20:00"),
        ("2027-06-02 21:00", False, "2027-06-03 08:00", "2027-06-02 20:00"),
        ("2027-06-02 00:00", False, "2027-06-02 08:00", "2027-06-01 20:00"),
        ("2027-03-14 01:30", False, "2027-03-14 08:00", "2027-03-13 20:00"),
        ("2027-11-07 01:30", False, "2027-11-07 08:00", "2027-11-06 20:00"),
    ],
)
def test_ordinary_hours_are_from_eight_to_nine_in_the_evening(wanted, is_in, following, before):
    hours = ordinary()

    assert hours.has(at(wanted)) is is_in
    assert hours.next(at(wanted)) == at(following)
    assert hours.last_before(at(wanted)) == at(before)


def test_hours_that_a_clock_change_skips_begin_where_the_gap_ends():
    hours = ContactHours(2 * 60 + 30, 4 * 60, NEW_YORK)

    assert hours.next(at("2027-03-14 01:00")) == at("2027-03-14 03:00")


def test_hours_of_a_night_that_is_an_hour_longer_are_an_hour_longer():
    hours = ContactHours(60, 2 * 60, NEW_YORK)
    start = hours.next(at("2027-11-07 00:00"))

    assert start == datetime(2027, 11, 7, 5, 0, tzinfo=UTC)
    assert hours.has(start + timedelta(minutes=119))
    assert not hours.has(start + timedelta(minutes=120))


@pytest.mark.parametrize(
    ("wanted", "is_in", "following", "before"),
    [
        ("2027-06-02 21:59", False, "2027-06-02 22:00", "2027-06-02 05:00"),
        ("2027-06-02 22:00", True, "2027-06-02 22:00", "2027-06-02 05:00"),
        ("2027-06-03 00:00", True, "2027-06-03 00:00", "2027-06-02 05:00"),
        ("2027-06-03 05:59", True, "2027-06-03 05:59", "2027-06-03 05:00"),
        ("2027-06-03 06:00", False, "2027-06-03 22:00", "2027-06-03 05:00"),
        ("2027-03-14 01:30", True, "2027-03-14 01:30", "2027-03-13 05:00"),  # a shorter night
        ("2027-11-07 01:30", True, "2027-11-07 01:30", "2027-11-06 05:00"),  # a longer one
    ],
)
def test_hours_of_the_night_run_past_midnight(wanted, is_in, following, before):
    hours = ContactHours(22 * 60, 6 * 60, NEW_YORK)

    assert hours.has(at(wanted)) is is_in
    assert hours.next(at(wanted)) == at(following)
    assert hours.last_before(at(wanted)) == at(before)


def test_the_whole_day_never_waits():
    night = at("2027-11-07 01:30")

    assert ContactHours(*WHOLE_DAY, NEW_YORK).next(night) == night


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2027-06-09 10:00", 7, "2027-06-02 10:00"),
        ("2027-03-15 10:00", 2, "2027-03-13 10:00"),  # an hour less lies between
        ("2027-11-08 10:00", 2, "2027-11-06 10:00"),  # an hour more
        ("2027-03-16 02:30", 2, "2027-03-14 03:00"),  # there was no half past two
        ("2027-11-09 01:30", 2, "2027-11-07 01:30"),  # there were two: the first
    ],
)
def test_days_before_is_the_same_time_on_the_wall(start, days, expected):
    assert days_before(at(start), days, NEW_YORK) == at(expected)


instants = st.integers(0, 365 * 24 * 60).map(lambda m: at("2027-01-01") + timedelta(minutes=m))
spans = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda s: s[0] != s[1])


@given(instants, spans, st.sampled_from(ZONES))
def test_the_next_time_is_in_the_hours_or_their_gap_and_never_before(instant, span, zone):
    hours = ContactHours(*span, zone)

    following = hours.next(instant)

    assert following >= instant
    assert following - instant < timedelta(hours=49)
    shown = following.astimezone(zone)
    minute = shown.hour * 60 + shown.minute
    opens, closes = span
    is_in = opens <= minute < closes if opens < closes else minute >= opens or minute < closes
    assert is_in or minute == 180  # the first minute after a gap


@given(instants, spans, st.sampled_from(ZONES))
def test_the_last_time_before_is_before(instant, span, zone):
    assert ContactHours(*span, zone).last_before(instant) < instant
