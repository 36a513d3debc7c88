"""When a provider works: weekly hours from her sheet, and the days on which nobody works."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

from accounts.models import Provider
from appointments.models import AvailabilityException, AvailabilityRule

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONDAY, THURSDAY = 0, 3

Minutes = tuple[int, int]  # from and to, in wall time after midnight


def weekly(lines: list[str]) -> list[tuple[int, Minutes]]:
    """Read "Mon Wed 09:00-12:00 13:00-17:00": every weekday of a line with every time of it."""
    hours: list[tuple[int, Minutes]] = []
    for line in lines:
        days = [WEEKDAYS.index(word) for word in line.split() if word in WEEKDAYS]
        times = [_minutes(word) for word in line.split() if word not in WEEKDAYS]
        hours += product(days, times)
    return hours


def _minutes(times: str) -> Minutes:
    start, end = (int(time[:2]) * 60 + int(time[3:]) for time in times.split("-"))
    return start, end


def make_rules(provider: Provider, sheet: dict[str, Any]) -> None:
    AvailabilityRule.objects.bulk_create(
        AvailabilityRule(provider=provider, weekday=day, from_minute=start, to_minute=end)
        for day, (start, end) in weekly(sheet["hours"])
    )


def close_days(provider: Provider, sheet: dict[str, Any], *, today: date, days: range) -> None:
    """Close her leave and the holidays, of the days that are counted from today."""
    leave = {n for first, last in sheet.get("leave", []) for n in range(first, last + 1)}
    named = [(n, today + timedelta(days=n)) for n in days]
    closed = [day for n, day in named if n in leave or is_holiday(day)]
    AvailabilityException.objects.bulk_create(
        AvailabilityException(provider=provider, on=day) for day in closed
    )


def is_holiday(day: date) -> bool:
    return day in set(holidays(day.year))


def holidays(year: int) -> Iterator[date]:
    """Yield the days on which the practice is closed."""
    yield date(year, 1, 1)
    yield nth(year, 1, MONDAY, 3)  # Martin Luther King Jr.
    yield nth(year, 6, MONDAY, 1) - timedelta(days=7)  # Memorial Day, the last Monday of May
    yield date(year, 6, 19)
    yield date(year, 7, 4)
    yield nth(year, 9, MONDAY, 1)  # Labor Day
    thanksgiving = nth(year, 11, THURSDAY, 4)
    yield thanksgiving
    yield thanksgiving + timedelta(days=1)
    yield date(year, 12, 24)
    yield date(year, 12, 25)


def nth(year: int, month: int, weekday: int, count: int) -> date:
    """Return the third Monday, the fourth Thursday, and so on, of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))
