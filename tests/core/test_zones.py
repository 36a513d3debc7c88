from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from django.utils import timezone, translation

from core import zones

CHICAGO, NEW_YORK = ZoneInfo("America/Chicago"), ZoneInfo("America/New_York")
AT = datetime(2026, 12, 3, 16, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/Chicago", "Thursday, December 3, 2026, 10:15\u202fAM, Central Time (Chicago)"),
        ("America/New_York", "Thursday, December 3, 2026, 11:15\u202fAM, Eastern Time (New York)"),
        (
            "Pacific/Honolulu",
            "Thursday, December 3, 2026, 6:15\u202fAM, Hawaii-Aleutian Time (Honolulu)",
        ),
        ("Asia/Tokyo", "Friday, December 4, 2026, 1:15\u202fAM, Japan Time (Tokyo)"),
    ],
)
def test_an_instant_is_worded_in_its_zone(zone, words):
    assert zones.full(AT, ZoneInfo(zone)) == words


@pytest.mark.parametrize(("month", "hour"), [(1, "10:00"), (7, "11:00")])
def test_the_wall_time_follows_the_summer(month, hour):
    at = datetime(2026, month, 15, 16, 0, tzinfo=UTC)

    assert zones.wall_time(at, CHICAGO) == f"{hour}\u202fAM"


def test_the_label_is_the_same_in_summer_and_winter():
    assert zones.label(CHICAGO) == "Central Time (Chicago)"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("UTC", "Coordinated Universal Time"),
        ("Etc/UTC", "Coordinated Universal Time"),
        ("GMT", "Greenwich Mean Time"),
    ],
)
def test_a_zone_of_no_place_has_its_name_alone(name, words):
    assert zones.label(ZoneInfo(name)) == words


def test_every_zone_that_one_may_choose_has_a_name():
    unnamed = {"America/Coyhaique"}  # too young for this CLDR

    nameless = {name for name in zones.known() if "Unknown" in zones.label(ZoneInfo(name))}

    assert nameless <= unnamed


def test_a_repeated_hour_is_worded_alike_and_is_not_one_instant():
    """On November 1, 2026 the clock in Chicago shows 1:30 twice."""
    first, second = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (6, 7))

    words = [zones.full(at, CHICAGO) for at in (first, second)]

    assert words == ["Sunday, November 1, 2026, 1:30\u202fAM, Central Time (Chicago)"] * 2


def test_a_day_without_a_time_needs_no_zone():
    assert zones.wall_date(date(2026, 12, 3)) == "Thursday, December 3, 2026"


def test_the_readers_language_words_it():
    with translation.override("es"):
        words = zones.full(AT, CHICAGO)

    assert words.startswith("jueves, 3 de diciembre de 2026")


def test_the_current_zone_is_the_readers():
    with timezone.override(NEW_YORK):
        assert zones.current() == NEW_YORK


def test_names_are_known_that_exist():
    assert ("America/Chicago" in zones.known(), "America/Springfield" in zones.known()) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "{{ at|full_time }}",
            "Thursday, December 3, 2026, 11:15\u202fAM, Eastern Time (New York)",
        ),
        ("{{ at|wall_time }}", "11:15\u202fAM"),
        ("{{ at|wall_date }}", "Thursday, December 3, 2026"),
        ("{% zone_label %}", "Eastern Time (New York)"),
        ("{{ cents|dollars }}", "$120.50"),
    ],
)
def test_pages_word_times_in_the_readers_zone(source, words):
    with timezone.override(NEW_YORK):
        template = engines["django"].from_string(source)

        assert template.render({"at": AT, "cents": 12050}) == words


def test_days_and_times_of_a_calendar_are_worded():
    day = date(2026, 12, 3)

    assert zones.short_date(day) == "Thu, Dec 3"
    assert zones.long_date(day) == "December 3, 2026"
    assert zones.month(day) == "December 2026"


def test_midnight_is_where_the_zone_is_kept():
    assert zones.midnight(date(2026, 12, 3), CHICAGO) == datetime(2026, 12, 3, 6, tzinfo=UTC)
