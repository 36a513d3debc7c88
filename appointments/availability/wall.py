"""
Wall clocks and instants.  Both are counted in minutes since 1970 began: on the wall, or in UTC.

Whole minutes are exact from 1973 on; before, a few zones were off UTC by odd seconds.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()
MINUTE = timedelta(minutes=1)
MINUTES_A_DAY = 24 * 60


def minute_at_or_before(at: datetime) -> int:
    since = at - EPOCH
    return since.days * MINUTES_A_DAY + since.seconds // 60  # half the cost of `// MINUTE`


def minute_at_or_after(at: datetime) -> int:
    until = EPOCH - at
    return -(until.days * MINUTES_A_DAY + until.seconds // 60)


@lru_cache(maxsize=65_536)
def instant(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


def day_number(day: date) -> int:
    """Count the days since 1970 began; wall minutes count from the midnight of day 0."""
    return day.toordinal() - EPOCH_ORDINAL


def weekday_of(day: int) -> int:
    return (day + EPOCH.weekday()) % 7


def day_shown(zone: ZoneInfo, minute: int) -> int:
    """Return the number of the day on the wall at a UTC minute."""
    return day_number(instant(minute).astimezone(zone))


@lru_cache(maxsize=65_536)
def readings(zone: ZoneInfo, wall: int) -> tuple[int, int]:
    """
    Return the first and the last UTC minute at which the clock shows a wall minute.

    They differ when clocks go back.  A wall minute that is skipped when clocks go forward has
    none; it counts as the first minute after the gap, so that hours lose what the day lost.
    """
    # PEP 495: fold 0 reads a doubtful time by the offset before the change, fold 1 after it.
    shown = EPOCH.replace(tzinfo=zone) + wall * MINUTE
    before, after = _offset(shown.replace(fold=0)), _offset(shown.replace(fold=1))
    first, last = wall - before, wall - after
    if first > last:
        first = last = _change_to(zone, after, range(last, first))
    return first, last


def at_wall(zone: ZoneInfo, on: date, wall_time: time) -> datetime:
    """
    Return the instant at which the clock shows a whole minute of a day, in UTC.

    The first of two, where clocks go back; the first after the gap, where they skip it.
    """
    return instant(_readings_of(zone, on, wall_time)[0])


def is_shown(zone: ZoneInfo, on: date, wall_time: time, at: datetime) -> bool:
    """Tell whether `at` is an instant at which the clock shows it, or what counts as one."""
    return at in map(instant, _readings_of(zone, on, wall_time))


def _readings_of(zone: ZoneInfo, on: date, wall_time: time) -> tuple[int, int]:
    minute = wall_time.hour * 60 + wall_time.minute
    return readings(zone, day_number(on) * MINUTES_A_DAY + minute)


def _change_to(zone: ZoneInfo, offset: int, minutes: range) -> int:
    """Return the first minute, of these or the one behind them, at which the offset is reached."""
    changed = bisect_left(minutes, offset, key=lambda m: _offset(instant(m).astimezone(zone)))
    return minutes.start + changed


def _offset(local: datetime) -> int:
    return (local.replace(tzinfo=UTC) - local) // MINUTE
