"""Which visits each case has: a place in its provider's week, from joining to the end."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from accounts.models import Provider
from appointments import offers
from telehealth.demo import rhythm, today
from telehealth.demo.course import Course
from telehealth.demo.patients import Case
from telehealth.demo.rhythm import Turn

DAY = timedelta(days=1)
PAST, FUTURE = 70 * DAY, 40 * DAY  # what lies further ahead cannot be booked yet
FIRST_VISIT = 3 * DAY  # after joining
WEEKLY_SHARE = 0.3
ENDED_SHARE = 0.08
FAILING_COUNT = 5  # cards that the bank refuses
FAILING = 9 * DAY


def courses(cases: list[Case], rng: Random, *, now: datetime) -> Iterator[Course]:
    """Yield every case with its visits, in order."""
    free: dict[int, Iterator[Turn]] = {}
    for index, case in enumerate(cases):
        provider = case.provider
        turns = free.setdefault(provider.pk, rhythm.turns(provider, rng, weekly_share=WEEKLY_SHARE))
        yield Course(
            case=case,
            concern=rng.choice(provider.concerns),
            starts=tuple(starts(case, next(turns), rng, now=now)),
            card_fails_from=now - FAILING if index in failing(len(cases)) else None,
        )


def failing(count: int) -> range:
    """Return which cases have a bad card by now: a handful, spread over all."""
    return range(1, count, max(count // FAILING_COUNT, 1))


def starts(case: Case, turn: Turn, rng: Random, *, now: datetime) -> Iterator[datetime]:
    """Yield the times of a case that its provider offers and may treat at."""
    provider, zone = case.provider, case.provider.zoneinfo
    first = max(now - PAST, case.joined_at + FIRST_VISIT)
    last = now - rng.uniform(7, 30) * DAY if rng.random() < ENDED_SHARE else now + FUTURE
    for start in rhythm.starts(
        turn, provider, first=first.astimezone(zone).date(), last=last.astimezone(zone).date()
    ):
        if offers.may_treat(provider, case.patient.state, at=start):
            yield start
