"""When a calendar that somebody else wrote is busy, and what becomes of files that are none."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appointments import expander, expanding
from appointments.expander import NOT_A_CALENDAR, TOO_MUCH, Unreadable
from tests.factories import HOUR, NINE

CHICAGO = ZoneInfo("America/Chicago")
WINDOW = (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))
DAY = timedelta(days=1)


def file(*components, kind="VEVENT"):
    """A calendar of these components; their lines are parted by a bar."""
    parts = "".join(
        f"BEGIN:{kind}\r\n{lines.replace('|', chr(13) + chr(10))}\r\nEND:{kind}\r\n"
        for lines in components
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{parts}END:VCALENDAR\r\n".encode()


def busy(content, zone=CHICAGO):
    times, unread = expander.busy(content, zone=zone, window=WINDOW, host="site.test")
    assert unread == 0
    return times


def starts(content, count=3):
    return [start for start, _end in busy(content)[:count]]


NINE_TO_TEN = "DTSTART:20261203T150000Z|DTEND:20261203T160000Z"


@pytest.mark.parametrize(
    "lines",
    [
        NINE_TO_TEN,
        "DTSTART:20261203T150000Z|DURATION:PT1H",
        "DTSTART;TZID=America/New_York:20261203T100000|DTEND;TZID=America/New_York:20261203T110000",
        "DTSTART;TZID=Central Standard Time:20261203T090000|DURATION:PT1H",  # Outlook's name
        "DTSTART:20261203T090000|DTEND:20261203T100000",  # no zone: the provider's
        f"{NINE_TO_TEN}|STATUS:TENTATIVE",
    ],
)
def test_an_event_is_busy_from_its_start_to_its_end(lines):
    assert busy(file(f"UID:1|{lines}")) == [(NINE, NINE + HOUR)]


def test_a_date_is_a_day_where_the_provider_is():
    midnight = datetime(2026, 12, 3, tzinfo=CHICAGO)

    assert busy(file("UID:1|DTSTART;VALUE=DATE:20261203")) == [(midnight, midnight + DAY)]
    two = "UID:1|DTSTART;VALUE=DATE:20261203|DTEND;VALUE=DATE:20261205"
    assert busy(file(two)) == [(midnight, midnight + 2 * DAY)]


@pytest.mark.parametrize(
    "lines",
    [
        f"{NINE_TO_TEN}|TRANSP:TRANSPARENT",
        f"{NINE_TO_TEN}|STATUS:CANCELLED",
        "DTSTART:20261203T150000Z",  # a moment
        "DTSTART:20261103T150000Z|DURATION:PT1H",  # over
        "DTSTART:20281203T150000Z|DURATION:PT1H",  # beyond what is asked about
    ],
)
def test_what_takes_no_time_is_not_busy(lines):
    assert busy(file(f"UID:1|{lines}")) == []


def test_our_own_visits_are_left_out():
    ours = f"UID:7c0b@site.test|{NINE_TO_TEN}"

    assert busy(file(ours)) == []
    assert busy(file(ours.replace("site.test", "other.test"))) == [(NINE, NINE + HOUR)]


def test_what_repeats_keeps_its_wall_time_over_a_clock_change():
    lines = "DTSTART;TZID=America/New_York:20270310T160000|DURATION:PT1H|RRULE:FREQ=DAILY;COUNT=6"

    hours = [start.hour for start, _ in busy(file(f"UID:1|{lines}"))]

    assert hours == [21, 21, 21, 21, 20, 20]  # UTC; the clocks go forward on the 14th


def test_single_dates_of_a_repeating_event_are_left_out_moved_and_called_off():
    rule = f"UID:1|{NINE_TO_TEN}|RRULE:FREQ=WEEKLY;COUNT=5|EXDATE:20261210T150000Z"
    moved = "UID:1|RECURRENCE-ID:20261217T150000Z|DTSTART:20261217T180000Z|DTEND:20261217T190000Z"
    off = f"UID:1|RECURRENCE-ID:20261224T150000Z|STATUS:CANCELLED|{NINE_TO_TEN}"
    off = off.replace("20261203", "20261224")

    found = starts(file(rule, moved, off), count=9)

    assert found == [NINE, NINE + 14 * DAY + 3 * HOUR, NINE + 28 * DAY]


def test_published_busy_times_are_read():
    lines = "FREEBUSY:20261203T150000Z/PT1H,20261204T150000Z/20261204T160000Z"
    free = "FREEBUSY;FBTYPE=FREE:20261205T150000Z/PT1H"

    found = busy(file(f"{lines}|{free}", kind="VFREEBUSY"))

    assert found == [(NINE, NINE + HOUR), (NINE + DAY, NINE + DAY + HOUR)]


def test_what_overlaps_or_touches_is_one():
    second = "DTSTART:20261203T153000Z|DURATION:PT1H"
    third = "DTSTART:20261203T163000Z|DURATION:PT1H"

    found = busy(file(f"UID:1|{NINE_TO_TEN}", f"UID:2|{second}", f"UID:3|{third}"))

    assert found == [(NINE, NINE + timedelta(minutes=150))]


def test_one_entry_that_cannot_be_read_spoils_no_other():
    content = file("UID:1|DTSTART:tomorrow|SUMMARY:x", f"UID:2|{NINE_TO_TEN}")

    times, unread = expander.busy(content, zone=CHICAGO, window=WINDOW, host="site.test")

    assert (times, unread) == ([(NINE, NINE + HOUR)], 1)


@pytest.mark.parametrize(
    "content", [b"", b"<html>BEGIN:VCALENDAR", b"\xff\xfe\x00", b"BEGIN:VCARD\r\nEND:VCARD\r\n"]
)
def test_what_is_no_calendar_is_said_to_be_none(content):
    with pytest.raises(Unreadable, match=NOT_A_CALENDAR):
        busy(content)


NEVER_ENDING = [
    "DTSTART:19700101T000000Z|DURATION:PT1S|RRULE:FREQ=SECONDLY",
    "DTSTART:19700101T000000Z|DURATION:PT1S|RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "DTSTART:20261203T150000Z|DURATION:PT1S|RRULE:FREQ=DAILY;INTERVAL=0",
    "DTSTART:20261203T150000Z|DURATION:PT1S|RRULE:FREQ=MINUTELY",
    "DTSTART:20261203T150000Z|DURATION:PT1S|RRULE:FREQ=DAILY;BYHOUR="
    + ",".join(map(str, range(24)))
    + ";BYMINUTE="
    + ",".join(map(str, range(60))),
]


@pytest.mark.parametrize("lines", NEVER_ENDING)
def test_a_rule_that_takes_for_ever_is_given_up(lines):
    begun = time.process_time()

    with pytest.raises(Unreadable, match=TOO_MUCH):
        busy(file(f"UID:1|{lines}"))

    assert time.process_time() - begun < 1.5  # the budget is 0.8 s of thinking


@pytest.mark.parametrize("count", [expander.MOST_PARTS, 200_000])
def test_more_parts_than_anybody_has_are_not_looked_at(count):
    begun = time.process_time()

    with pytest.raises(Unreadable, match=TOO_MUCH):
        busy(b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * count)

    assert time.process_time() - begun < 1.5


NAMES = st.sampled_from(
    ["BEGIN", "END", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
     "UID", "TRANSP", "STATUS", "TZID", "FREEBUSY", "X-WR-TIMEZONE", "TZOFFSETFROM", "SUMMARY"]
)  # fmt: skip
PARAMETERS = st.sampled_from(
    ["", ";VALUE=DATE", ";VALUE=PERIOD", ";TZID=America/New_York", ";TZID=Nowhere", ";X=\"", ";;="]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["VEVENT", "VCALENDAR", "VTIMEZONE", "VFREEBUSY", "20261203T150000Z", "20261203", "PT1H",
         "-P1D", "99991231T235959Z", "00010101T000000", "20261203T150000Z/PT1H", "+9999",
         "FREQ=DAILY", "FREQ=YEARLY;BYYEARDAY=-400", "FREQ=MONTHLY;BYSETPOS=0;COUNT=-1"]
    ),
    st.text(max_size=20),
)  # fmt: skip
LINES = st.lists(st.builds("{}{}:{}".format, NAMES, PARAMETERS, VALUES), max_size=30)


EVENTS = st.lists(LINES.map(lambda lines: ["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"]))
FILES = st.one_of(LINES, EVENTS.map(lambda events: [line for event in events for line in event]))


def read(content):
    """The times, or the word for which there are none."""
    try:
        times, _unread = expander.busy(content, zone=CHICAGO, window=WINDOW, host="site.test")
    except Unreadable as refusal:
        return str(refusal)
    return times


def is_right(found):
    """Whether it is one of the words, or times in order, apart, and within the window."""
    if isinstance(found, str):
        return found in (NOT_A_CALENDAR, TOO_MUCH)
    times = [time for interval in found for time in interval]
    inside = all(WINDOW[0] <= time <= WINDOW[1] for time in times)
    return inside and all(a < b for a, b in pairwise(times))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(FILES)
@example(["BEGIN:VEVENT", "UID:1", "DTSTART:99991231T235959Z", "DURATION:P9999D", "END:VEVENT"])
@example(["BEGIN:VEVENT", "DTSTART;VALUE=DATE:00010101", "RRULE:FREQ=DAILY", "END:VEVENT"])
@example(["BEGIN:VFREEBUSY", "FREEBUSY:99991231T235959Z/P9999D", "END:VFREEBUSY"])
def test_whatever_is_in_a_file_there_are_times_or_a_reason(lines):
    content = "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]).encode(errors="replace")
    begun = time.process_time()

    assert is_right(read(content))
    assert time.process_time() - begun < 1.5


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_whatever_bytes_a_file_is_made_of_there_are_times_or_a_reason(content):
    assert is_right(read(content))
    assert is_right(read(b"BEGIN:VCALENDAR\r\n" + content))


def expanded(content):
    return expanding.expand(content, zone=CHICAGO, window=WINDOW)


def test_the_process_of_its_own_says_the_same():
    found = expanded(file(f"UID:1|{NINE_TO_TEN}", f"UID:2@127.0.0.1|{NINE_TO_TEN}", "UID:3"))

    assert (found.busy, found.unread_count) == ([(NINE, NINE + HOUR)], 1)


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"<html>", NOT_A_CALENDAR), (file(f"UID:1|{NEVER_ENDING[0]}"), TOO_MUCH)],
)
def test_the_process_of_its_own_refuses_the_same(content, word):
    with pytest.raises(Unreadable, match=word):
        expanded(content)
