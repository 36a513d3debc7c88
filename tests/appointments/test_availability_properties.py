from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from appointments.availability import DateException, Plan, Rule, free, is_offered, slots
from tests.appointments.naive_slots import naive_free, naive_slots
from tests.examples import examples

ONE_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

PLACES = [
    ("America/New_York", date(2027, 3, 14)),  # forward
    ("America/New_York", date(2027, 11, 7)),  # back
    ("Australia/Lord_Howe", date(2027, 10, 3)),  # forward, by half an hour
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("America/Havana", date(2027, 3, 14)),  # forward from midnight
    ("America/Havana", date(2027, 11, 7)),  # back to midnight
    ("Asia/Beirut", date(2027, 10, 31)),  # back from midnight
    ("America/St_Johns", date(2010, 11, 7)),  # back from a minute past midnight
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that was left out
    ("Asia/Kathmandu", date(2027, 6, 1)),  # never
]


def hours():
    """Pairs of wall minutes; often on the hours of change, or quarters, so that hours touch."""
    of_change = st.sampled_from([0, 1, 60, 90, 120, 180, 1380, 1440])
    quarter = st.integers(0, 96).map(lambda quarters: quarters * 15)
    minute = of_change | quarter | st.integers(0, 1440)
    return st.tuples(minute, minute).filter(lambda pair: pair[0] != pair[1]).map(sorted)


def instants(about):
    midnight = datetime.combine(about, datetime.min.time(), tzinfo=UTC)
    minute = st.integers(-1440, 2 * 1440)
    second = st.sampled_from([0, 0, 0, 1, 59])
    return st.builds(lambda m, s: midnight + m * MINUTE + timedelta(seconds=s), minute, second)


def intervals(about):
    return st.tuples(instants(about), instants(about)).map(sorted).map(tuple)


def dates(about):
    return st.integers(-2, 2).map(lambda days: about + days * ONE_DAY)


def rules(about):
    return st.builds(
        lambda weekday, pair, valid_from, valid_until: Rule(
            weekday, *pair, valid_from, valid_until
        ),
        st.integers(0, 6),
        hours(),
        st.none() | dates(about),
        st.none() | dates(about),
    )


def exceptions(about):
    closed = st.builds(DateException, dates(about))
    other_hours = st.builds(lambda on, pair: DateException(on, *pair), dates(about), hours())
    return closed | other_hours


@st.composite
def questions(draw):
    """Draw a plan, busy times, a window and a clock, about a date on which things go wrong."""
    zone, about = draw(st.sampled_from(PLACES))
    plan = Plan(
        zone=ZoneInfo(zone),
        rules=tuple(draw(st.lists(rules(about), min_size=1, max_size=12))),
        exceptions=tuple(draw(st.lists(exceptions(about), max_size=2))),
        duration_minutes=draw(st.sampled_from([1, 15, 50, 60]) | st.integers(1, 300)),
        buffer_before_minutes=draw(st.sampled_from([0, 10]) | st.integers(0, 120)),
        buffer_after_minutes=draw(st.sampled_from([0, 10]) | st.integers(0, 120)),
        step_minutes=draw(st.sampled_from([5, 15, 50]) | st.integers(1, 120)),
        lead_minutes=draw(st.sampled_from([0, 0, 90]) | st.integers(0, 2880)),
    )
    busy = draw(st.lists(intervals(about), max_size=2))
    return plan, busy, draw(intervals(about)), draw(instants(about)) - ONE_DAY


@settings(max_examples=examples(100), deadline=None)
@given(questions())
def test_slots_are_those_found_minute_by_minute(question):
    plan, busy, window, now = question

    found = slots(plan, busy=busy, window=window, now=now)

    assert found == naive_slots(plan, busy=busy, window=window, now=now)


@settings(max_examples=examples(100), deadline=None)
@given(questions())
def test_free_time_is_that_found_minute_by_minute(question):
    plan, busy, window, _ = question

    found = free(plan, busy=busy, window=window)

    assert found == naive_free(plan, busy=busy, window=window)


@settings(max_examples=examples(150), deadline=None)
@given(questions(), st.data())
def test_a_start_is_offered_if_and_only_if_it_is_among_the_slots(question, data):
    plan, busy, (start, end), now = question
    wide = (start - 2 * ONE_DAY, end + 2 * ONE_DAY)
    found = slots(plan, busy=busy, window=wide, now=now)

    asked = data.draw(st.sampled_from([*found, start]) | st.just(end))
    asked += data.draw(st.sampled_from([0, 0, 0, 1, 60, 900])) * timedelta(seconds=1)

    offered = is_offered(plan, starts_at=asked.astimezone(plan.zone), busy=busy, now=now)
    assert offered == (asked in found)


@settings(max_examples=examples(150), deadline=None)
@given(questions())
def test_a_window_shows_what_a_wider_window_shows_of_it(question):
    plan, busy, (start, end), now = question
    wide = (start - 2 * ONE_DAY, end + 2 * ONE_DAY)

    found = slots(plan, busy=busy, window=(start, end), now=now)

    visit = plan.duration_minutes * MINUTE
    assert found == [
        at
        for at in slots(plan, busy=busy, window=wide, now=now)
        if start <= at and at + visit <= end
    ]
