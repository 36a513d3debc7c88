import json
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from appointments import slot_request
from appointments.availability import DateException, Plan, Rule
from core.strict_json import Malformed
from tests.appointments.plans import span, utc

QUESTION = {
    "zone": "America/Chicago",
    "rules": [{"weekday": 0, "from": "09:00", "to": "12:00"}],
    "exceptions": [],
    "busy": [],
    "window": ["2027-03-01T00:00:00Z", "2027-03-08T00:00:00Z"],
    "now": "2027-02-28T12:00:00Z",
    "duration_minutes": 50,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 10,
    "step_minutes": 15,
    "lead_minutes": 0,
}
MINUTE_FIELDS = [name for name in QUESTION if name.endswith("_minutes")]
RULE = QUESTION["rules"][0]


def read(**changes):
    return slot_request.read(json.dumps(QUESTION | changes).encode())


def refusal(**changes):
    with pytest.raises(Malformed) as caught:
        read(**changes)
    return str(caught.value)


def test_a_full_question_is_read():
    request = read(
        rules=[
            RULE,
            {
                "weekday": 6,
                "from": "00:00",
                "to": "24:00",
                "valid_from": "2027-01-01",
                "valid_until": "2027-01-01",
            },
        ],
        exceptions=[
            {"date": "2027-03-01", "closed": True},
            {"date": "2027-03-02", "from": "13:15", "to": "14:45"},
        ],
        busy=[["2027-03-01T15:00:00Z", "2027-03-01T10:00:00.5-06:00"]],
        lead_minutes=120,
    )

    new_year = date(2027, 1, 1)
    assert request == slot_request.SlotRequest(
        plan=Plan(
            zone=ZoneInfo("America/Chicago"),
            rules=(Rule(0, 540, 720), Rule(6, 0, 1440, new_year, new_year)),
            exceptions=(
                DateException(date(2027, 3, 1)),
                DateException(date(2027, 3, 2), 795, 885),
            ),
            duration_minutes=50,
            buffer_before_minutes=0,
            buffer_after_minutes=10,
            step_minutes=15,
            lead_minutes=120,
        ),
        busy=[(utc("2027-03-01 15:00"), utc("2027-03-01 16:00:00.5"))],
        window=span("2027-03-01 00:00", "2027-03-08 00:00"),
        now=utc("2027-02-28 12:00"),
    )


@pytest.mark.parametrize("name", QUESTION)
def test_no_member_may_be_left_out(name):
    document = {other: value for other, value in QUESTION.items() if other != name}

    with pytest.raises(Malformed, match=f"^The input: lacks '{name}'.$"):
        slot_request.read(json.dumps(document).encode())


def test_no_member_may_be_unknown():
    assert refusal(colour="blue") == "The input: has an unknown member 'colour'."


@pytest.mark.parametrize("name", QUESTION)
@pytest.mark.parametrize("value", [None, {}, True, 1.5])
def test_no_member_may_be_of_another_kind(name, value):
    assert refusal(**{name: value}).startswith(f"{name}: must be ")


@pytest.mark.parametrize("name", MINUTE_FIELDS)
@pytest.mark.parametrize("value", [-1, 10**9, "15", 15.0, False])
def test_minutes_are_whole_and_in_range(name, value):
    assert refusal(**{name: value}).startswith(f"{name}: must be a whole number from ")


@pytest.mark.parametrize("name", ["duration_minutes", "step_minutes"])
def test_a_visit_and_a_step_take_time(name):
    assert refusal(**{name: 0}) == f"{name}: must be a whole number from 1 to 1440."


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "america/chicago", "America", "../etc/passwd", "UTC+5", "a\0b"]
)
def test_an_unknown_zone_is_refused(zone):
    assert refusal(zone=zone).startswith("zone: must be a time zone of the IANA database")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"weekday": 7}, "rules[0].weekday: must be a whole number from 0 to 6."),
        ({"weekday": "Monday"}, "rules[0].weekday: must be a whole number from 0 to 6."),
        ({"from": "9:00"}, "rules[0].from: must be a time of day, HH:MM, up to 24:00."),
        ({"from": "09:60"}, "rules[0].from: must be a time of day, HH:MM, up to 24:00."),
        ({"to": "24:01"}, "rules[0].to: must be a time of day, HH:MM, up to 24:00."),
        ({"to": "12:00:00"}, "rules[0].to: must be a time of day, HH:MM, up to 24:00."),
        ({"to": "\u0661\u0662:00"}, "rules[0].to: must be a time of day, HH:MM, up to 24:00."),
        ({"to": 720}, "rules[0].to: must be a string."),
        ({"from": "24:00", "to": "24:00"}, "rules[0].from: must be before 24:00."),
        (
            {"from": "22:00", "to": "06:00"},
            "rules[0].to: must be after from; hours past midnight are two entries.",
        ),
        (
            {"to": "09:00"},
            "rules[0].to: must be after from; hours past midnight are two entries.",
        ),
        ({"valid_from": "2027-02-30"}, "rules[0].valid_from: must be a date, YYYY-MM-DD."),
        ({"valid_until": "20270301"}, "rules[0].valid_until: must be a date, YYYY-MM-DD."),
        ({"valid_until": None}, "rules[0].valid_until: must be a string."),
        (
            {"valid_from": "2027-03-02", "valid_until": "2027-03-01"},
            "rules[0].valid_until: must not be before valid_from.",
        ),
        ({"until": "12:00"}, "rules[0]: has an unknown member 'until'."),
    ],
)
def test_a_rule_is_refused(change, reason):
    assert refusal(rules=[RULE | change]) == reason


@pytest.mark.parametrize(
    ("exception", "reason"),
    [
        ([], "exceptions[1]: must be an object."),
        ({"date": "2027-03-01"}, "exceptions[1]: lacks 'from'."),
        ({"closed": True}, "exceptions[1]: lacks 'date'."),
        (
            {"date": "2027-03-01", "closed": True, "from": "09:00"},
            "exceptions[1]: has an unknown member 'from'.",
        ),
        (
            {"date": "2027-03-01", "closed": False},
            "exceptions[1].closed: must be true, or left out with from and to given.",
        ),
        (
            {"date": "2027-03-01", "from": "10:00", "to": "09:00"},
            "exceptions[1].to: must be after from; hours past midnight are two entries.",
        ),
        ({"date": "March", "closed": True}, "exceptions[1].date: must be a date, YYYY-MM-DD."),
    ],
)
def test_an_exception_is_refused(exception, reason):
    day_off = {"date": "2027-03-02", "closed": True}

    assert refusal(exceptions=[day_off, exception]) == reason


@pytest.mark.parametrize(
    "instant",
    [
        "2027-03-01T09:00:00",  # where?
        "2027-03-01",
        "2027-03-01 09:00:00Z",
        "20270301T090000Z",
        "2027-02-29T09:00:00Z",
        "2027-03-01T24:00:00Z",
        "2027-03-01T09:00:00+25:00",
        "now",
    ],
)
def test_a_time_without_offset_or_of_another_form_is_refused(instant):
    reason = "must be a time with its offset from UTC, such as 2027-03-14T15:00:00Z."

    assert refusal(now=instant) == f"now: {reason}"
    assert refusal(busy=[["2027-03-01T09:00:00Z", instant]]) == f"busy[0][1]: {reason}"


@pytest.mark.parametrize("interval", [[], ["2027-03-01T09:00:00Z"], ["2027-03-01T09:00:00Z"] * 3])
def test_an_interval_is_a_pair(interval):
    assert refusal(busy=[interval]) == "busy[0]: must be a pair, [start, end]."
    assert refusal(window=interval) == "window: must be a pair, [start, end]."


def test_an_interval_does_not_run_backwards():
    backwards = ["2027-03-01T09:00:00Z", "2027-03-01T09:59:59+01:00"]

    assert refusal(busy=[backwards]) == "busy[0]: must not end before it starts."
    assert refusal(window=backwards) == "window: must not end before it starts."


def test_an_interval_may_be_empty():
    nothing = ["2027-03-01T09:00:00Z"] * 2

    request = read(busy=[nothing], window=nothing)

    assert request.busy == [request.window]


def test_a_window_is_at_most_400_days():
    start = utc("2027-01-01 00:00")
    longest = start + timedelta(days=400)
    longer = longest + timedelta(seconds=1)

    assert read(window=[start.isoformat(), longest.isoformat()]).window == (start, longest)
    reason = refusal(window=[start.isoformat(), longer.isoformat()])
    assert reason == "window: must not be longer than 400 days."


@pytest.mark.parametrize(
    "window",
    [
        ["1972-12-31T23:59:59Z", "1973-01-02T00:00:00Z"],
        ["9998-12-31T00:00:00Z", "9999-01-01T00:00:01Z"],
    ],
)
def test_a_window_lies_where_zones_have_whole_minutes(window):
    assert refusal(window=window) == "window: must lie in the years 1973 to 9998."
