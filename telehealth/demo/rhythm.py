"""Who sees whom when: every week or every other week, at one wall time of the provider.

Plain arithmetic on her rows; nothing is booked here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from accounts.models import Provider

WEEK = timedelta(days=7)
MIDNIGHT = time(0)


@dataclass(frozen=True)
class Opening:
    """A place in the provider's week, which one patient has weekly or two have by turns."""

    weekday: int
    minute: int  # in wall time after midnight


@dataclass(frozen=True)
class Turn:
    """One patient's share of an opening: each week, or those weeks whose number is odd or even."""

    opening: Opening
    every_weeks: int
    remainder: int

    def is_due(self, monday: date) -> bool:
        return (monday.toordinal() // 7) % self.every_weeks == self.remainder


def turns(provider: Provider, rng: Random, *, weekly_share: float) -> Iterator[Turn]:
    """Yield the provider's free places in random order, the shared ones as two turns."""
    openings = list(openings_of(provider))
    rng.shuffle(openings)
    for opening in openings:
        if rng.random() < weekly_share:
            yield Turn(opening, 1, 0)
        else:
            yield Turn(opening, 2, 0)
            yield Turn(opening, 2, 1)


def openings_of(provider: Provider) -> Iterator[Opening]:
    """Yield the starts of visits that follow one another through the weekly hours."""
    cut = provider.schedule
    used = cut.buffer_before_minutes + cut.visit_minutes + cut.buffer_after_minutes
    pace = -(-used // cut.step_minutes) * cut.step_minutes  # the next step of the grid
    for rule in provider.availability_rules.all():
        for minute in range(rule.from_minute, rule.to_minute - cut.visit_minutes + 1, pace):
            yield Opening(rule.weekday, minute)


def starts(turn: Turn, provider: Provider, *, first: date, last: date) -> Iterator[datetime]:
    """Yield the visits of a turn from the day `first` to `last`, without her days off."""
    closed = {day.on for day in provider.availability_exceptions.all()}
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        day = monday + timedelta(days=turn.opening.weekday)
        if first <= day <= last and day not in closed and turn.is_due(monday):
            yield at(day, turn.opening.minute, provider)
        monday += WEEK


def at(day: date, minute: int, provider: Provider) -> datetime:
    """Return the instant at which the provider's clock shows that minute of the day."""
    wall = datetime.combine(day, MIDNIGHT) + timedelta(minutes=minute)
    return wall.replace(tzinfo=provider.zoneinfo).astimezone(UTC)
