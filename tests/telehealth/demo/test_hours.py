from datetime import date

import pytest

from telehealth.demo import hours


def test_weekly_hours_are_read():
    assert hours.weekly(["Mon Wed 09:00-12:00 13:00-17:30"]) == [
        (0, (540, 720)),
        (0, (780, 1050)),
        (2, (540, 720)),
        (2, (780, 1050)),
    ]


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2026, date(2026, 9, 7)),
        (2026, date(2026, 5, 25)),
        (2026, date(2026, 11, 26)),
        (2027, date(2027, 1, 18)),
        (2027, date(2027, 5, 31)),
    ],
)
def test_movable_holidays_are_found(year, day):
    assert day in set(hours.holidays(year))
