"""A provider's hours as stated: on the wall clock of one zone, by weekday and by date."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from appointments.availability.wall import EPOCH, MINUTES_A_DAY

EPOCH_ORDINAL = EPOCH.toordinal()


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

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


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

    def hours(self, first: date, last: date) -> Iterator[tuple[int, int]]:
        """Yield the hours of the dates from first to last, in wall minutes since 1970 began."""
        weekly = self._rules_by_weekday()
        special = self._exceptions_by_date()
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            midnight = (ordinal - EPOCH_ORDINAL) * MINUTES_A_DAY
            stated = special.get(day)
            if stated is None:
                stated = [
                    (r.from_minute, r.to_minute) for r in weekly[day.weekday()] if r.holds_on(day)
                ]
            for start, end in stated:
                yield midnight + start, midnight + end

    def _rules_by_weekday(self) -> defaultdict[int, list[Rule]]:
        weekly = defaultdict(list)
        for rule in self.rules:
            weekly[rule.weekday].append(rule)
        return weekly

    def _exceptions_by_date(self) -> dict[date, list[tuple[int, int]]]:
        special: dict[date, list[tuple[int, int]]] = {}
        for exception in self.exceptions:
            hours = special.setdefault(exception.on, [])
            if exception.from_minute is not None and exception.to_minute is not None:
                hours.append((exception.from_minute, exception.to_minute))
        for exception in self.exceptions:
            if exception.from_minute is None:
                special[exception.on] = []
        return special
