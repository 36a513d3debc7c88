"""The visits that are to be made or moved, one by one, and what is in the way of each.

They are shown before anybody says yes; where something is in the way, the reader chooses another
time for that date, or leaves it as it is. What is written is what was chosen, all of it or nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property

from appointments.common_time import CommonTime, Obstacle
from appointments.models import Appointment
from appointments.times import Times

Choices = Mapping[str, datetime | None]
"""By the key of an occurrence: another time for it, or None to leave it out."""


@dataclass(frozen=True)
class Wanted:
    key: str
    on: date  # of the provider's calendar
    wall_time: time  # agreed on, though a clock change may shift it
    starts_at: datetime  # unless another time is chosen
    visit: Appointment | None = None  # that is to be moved


@dataclass(frozen=True)
class Occurrence:
    wanted: Wanted
    starts_at: datetime | None  # None: left out
    obstacle: Obstacle
    has_choice: bool  # something is in the way, or was
    found: CommonTime

    @cached_property  # many are refused unseen, and looking takes time
    def others(self) -> list[datetime]:
        """The times of the same date, where there is a choice."""
        return self.found.on(self.wanted.on) if self.has_choice else []

    @property
    def is_wanted_time(self) -> bool:
        return self.starts_at == self.wanted.starts_at

    def times(self) -> Times:
        """Its times. Where a clock change shifts it, its wall time stays the agreed one: it is
        what the visit goes back to if the change is called off."""
        assert self.starts_at is not None  # it is left out
        times = self.found.offer.block(self.starts_at)
        if self.is_wanted_time:
            times |= {"wall_date": self.wanted.on, "wall_time": self.wanted.wall_time}
        return times


class Conflicts(Exception):
    """Something is in the way of at least one. Nothing was written."""

    def __init__(self, occurrences: list[Occurrence]) -> None:
        self.occurrences = occurrences
        super().__init__(f"{conflict_count(occurrences)} dates")


def conflict_count(occurrences: Iterable[Occurrence]) -> int:
    return sum(bool(one.obstacle) for one in occurrences)


class NothingLeft(Exception):
    """Every date was left out."""


def plan(wanted: Iterable[Wanted], choices: Choices, found: CommonTime) -> list[Occurrence]:
    """Say of each what becomes of it, and what is in the way."""
    return [_occurrence(one, choices, found) for one in wanted]


def _occurrence(wanted: Wanted, choices: Choices, found: CommonTime) -> Occurrence:
    starts_at = choices.get(wanted.key, wanted.starts_at)
    obstacle = Obstacle.NONE if starts_at is None else _obstacle(wanted, starts_at, found)
    has_choice = bool(obstacle) or wanted.key in choices
    return Occurrence(wanted, starts_at, obstacle, has_choice, found)


def _obstacle(wanted: Wanted, starts_at: datetime, found: CommonTime) -> Obstacle:
    is_on_date = starts_at.astimezone(found.offer.plan.zone).date() == wanted.on
    if starts_at != wanted.starts_at and not is_on_date:
        return Obstacle.CLOSED  # it was never offered for this date
    return found.obstacle(starts_at)


def checked(occurrences: list[Occurrence]) -> list[Occurrence]:
    """Return those that are to be written.

    :raises Conflicts: if something is in the way of one
    :raises NothingLeft: if there is none
    """
    if any(one.obstacle for one in occurrences):
        raise Conflicts(occurrences)
    kept = [one for one in occurrences if one.starts_at is not None]
    if not kept:
        raise NothingLeft
    return kept
