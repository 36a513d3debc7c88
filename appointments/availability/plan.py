"""A provider's hours as stated: on the wall clock of one zone, by weekday and by date."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from appointments.availability.wall import MINUTES_A_DAY, day_number, weekday_of


@dataclass(frozen=True)
class Rule:
    """
    Open every week on `weekday` (0 = Monday), in wall minutes after midnight; 1440 is 24:00.

    `to_minute` comes after `from_minute`: hours that run past midnight are two rules.
    `valid_until` is the last date on which the rule holds, not the first on which it does not.
    """

    weekday: int
    from_minute: int
    to_minute: int
    valid_from: date | None = None
    valid_until: date | None = None

    def days(self, first: int, last: int) -> range:
        """Return the day numbers, of those from first to last, on which the rule holds."""
        if self.valid_from:
            first = max(first, day_number(self.valid_from))
        if self.valid_until:
            last = min(last, day_number(self.valid_until))
        to_weekday = (self.weekday - weekday_of(first)) % 7
        return range(first + to_weekday, last + 1, 7)


@dataclass(frozen=True)
class DateException:
    """
    What holds on one date in place of its rules: the hours given, or closed if none are given.

    Several exceptions with hours on one date add up.  Beside one that closes the date they count
    for nothing: a visit offered on a day off is worse than one not offered.
    """

    on: date
    from_minute: int | None = None
    to_minute: int | None = None


@dataclass(frozen=True)
class Plan:
    """
    The hours of one provider for one kind of visit, and how they are cut into slots.

    It trusts its maker, as rows and requests are checked before they come here: times in order,
    nothing negative, visits and steps of at least a minute.
    """

    zone: ZoneInfo
    rules: tuple[Rule, ...]
    exceptions: tuple[DateException, ...]
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    step_minutes: int
    lead_minutes: int

    def hours(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield the hours of the days from first to last, in wall minutes and in no order."""
        near = [e for e in self.exceptions if first <= day_number(e.on) <= last]
        replaced = {day_number(e.on) for e in near}
        for rule in self.rules:
            for day in rule.days(first, last):
                if day not in replaced:
                    midnight = day * MINUTES_A_DAY
                    yield midnight + rule.from_minute, midnight + rule.to_minute
        closed = {e.on for e in near if e.from_minute is None}
        for e in near:
            midnight = day_number(e.on) * MINUTES_A_DAY
            if e.from_minute is not None and e.to_minute is not None and e.on not in closed:
                yield midnight + e.from_minute, midnight + e.to_minute
