"""When a person may be told something, by the clock where she is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from appointments.availability import wall

HOUR = timedelta(hours=1)
WHOLE_DAY = (0, wall.MINUTES_A_DAY)
# No calls or texts before 8 in the morning or after 9 in the evening where the person called is:
# 47 CFR 64.1200(c)(1). Written for sellers; nobody else should be ruder.
ORDINARY = (8 * 60, 21 * 60)


@dataclass(frozen=True)
class ContactHours:
    """Half-open hours of each day on one wall: at `to_minute` it is too late.

    Where it is not later in the day than `from_minute`, they end on the next: 22:00 to 06:00.
    """

    from_minute: int
    to_minute: int
    zone: ZoneInfo

    def has(self, at: datetime) -> bool:
        today = self._day(at)
        spans = (self._on(day) for day in (today - 1, today))
        return any(opens <= at < closes for opens, closes in spans)

    def next(self, at: datetime) -> datetime:
        """Return the first instant of these hours that is not before `at`."""
        if self.has(at):
            return at
        today = self._day(at)
        openings = (self._on(day)[0] for day in (today, today + 1, today + 2))
        return next(opens for opens in openings if opens >= at)

    def last_before(self, at: datetime) -> datetime:
        """Return an hour before the end of the latest hours whose last hour begins before `at`:
        time enough to read it. Of shorter hours it is their beginning."""
        today = self._day(at)
        spans = (self._on(day) for day in (today, today - 1, today - 2))
        beginnings = (max(opens, closes - HOUR) for opens, closes in spans)
        return next(begins for begins in beginnings if begins < at)

    def _day(self, at: datetime) -> int:
        return wall.day_shown(self.zone, wall.minute_at_or_before(at))

    def _on(self, day: int) -> tuple[datetime, datetime]:
        midnight = day * wall.MINUTES_A_DAY
        first, _later = wall.readings(self.zone, midnight + self.from_minute)
        end = self.to_minute
        if end <= self.from_minute:
            end += wall.MINUTES_A_DAY
        _earlier, last = wall.readings(self.zone, midnight + end)
        return wall.instant(first), wall.instant(last)


def days_before(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the same time on the wall so many days earlier, however many hours that is.

    What a clock change skips is the first instant after it; what happens twice, the first time.
    """
    minute = wall.minute_at_or_before(at)
    shown = at.astimezone(zone)
    of_day = shown.hour * 60 + shown.minute
    there = (wall.day_shown(zone, minute) - days) * wall.MINUTES_A_DAY + of_day
    return wall.instant(wall.readings(zone, there)[0])
