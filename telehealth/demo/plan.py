"""Which visits each case has: a place in its provider's week, from joining to the end."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from appointments import offers
from telehealth.demo import rhythm, today
from telehealth.demo.course import SETTLED, Course, Left
from telehealth.demo.patients import Case
from telehealth.demo.rhythm import Turn

DAY = timedelta(days=1)
PAST, FUTURE = 70 * DAY, 40 * DAY  # what lies further ahead cannot be booked yet
FIRST_VISIT = 3 * DAY  # after joining
WEEKLY_SHARE = 0.2  # of the places in a week; two patients have each of the others by turns
ENDED_SHARE = 0.2  # of the cases, before today
DECLINED_COUNT = 5
BAD_CARD_SINCE = 9 * DAY
# What a provider has left of her last visits, the last one first, by her place in the list.
LEFTOVERS = (
    (Left.NOTE, Left.CHARGE, Left.CHARGE),
    (Left.NOTE_BEGUN,),
    (Left.NOTHING, Left.CHARGE),
    (),
)


def courses(cases: list[Case], rng: Random, *, now: datetime) -> list[Course]:
    """Return every case with its visits, in order."""
    planned = list(undisturbed(cases, rng, now=now))
    return with_bad_cards(with_leftovers(planned, now=now), now=now)


def undisturbed(cases: list[Case], rng: Random, *, now: datetime) -> Iterator[Course]:
    """Yield the courses, clear of what is made for the demo provider's today."""
    free: dict[int, Iterator[Turn]] = {}
    soon = today.next_start(now)
    for case in cases:
        provider = case.provider
        turns = free.setdefault(provider.pk, rhythm.turns(provider, rng, weekly_share=WEEKLY_SHARE))
        is_demo = provider == cases[0].provider
        planned = starts(case, next(turns), rng, now=now)
        kept = tuple(s for s in planned if not is_demo or today.keeps_clear(s, soon))
        yield Course(case, concern(case, rng), kept)


def concern(case: Case, rng: Random) -> str:
    """One that the provider works with; a child comes to those who work with teenagers."""
    return "teens" if case.patient.guardian_name else rng.choice(case.provider.concerns)


def starts(case: Case, turn: Turn, rng: Random, *, now: datetime) -> Iterator[datetime]:
    """Yield the times of a case that its provider offers and may treat at."""
    provider, zone = case.provider, case.provider.zoneinfo
    first = max(now - PAST, case.joined_at + FIRST_VISIT)
    last = now - rng.uniform(5, 60) * DAY if rng.random() < ENDED_SHARE else now + FUTURE
    days = {"first": first.astimezone(zone).date(), "last": last.astimezone(zone).date()}
    for start in rhythm.starts(turn, provider, **days):
        if offers.may_treat(provider, case.patient.state, at=start):
            yield start


def with_leftovers(planned: list[Course], *, now: datetime) -> list[Course]:
    """Leave something to write and to confirm, so that no worklist is empty."""
    past: defaultdict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for index, course in enumerate(planned):
        ended = [s for s in course.starts if s + course.visit_time + SETTLED <= now]
        past[course.case.provider.pk] += [(start, index) for start in ended]
    left: defaultdict[int, dict[datetime, Left]] = defaultdict(dict)
    for place, visits in enumerate(past.values()):
        latest = sorted(visits, reverse=True)
        leftovers = LEFTOVERS[place % len(LEFTOVERS)]
        for (start, index), leftover in zip(latest, leftovers, strict=False):
            left[index][start] = leftover
    return [replace(course, left=left[index]) for index, course in enumerate(planned)]


def with_bad_cards(planned: list[Course], *, now: datetime) -> list[Course]:
    """Give some patients a card that the bank refuses, all but the first one."""
    since = now - BAD_CARD_SINCE
    able = [index for index, c in enumerate(planned) if index and is_charged(c, since, now=now)]
    chosen = able[:: max(len(able) // DECLINED_COUNT, 1)][:DECLINED_COUNT]
    return [
        replace(course, bad_card_since=since) if index in chosen else course
        for index, course in enumerate(planned)
    ]


def is_charged(course: Course, since: datetime, *, now: datetime) -> bool:
    """Whether a visit after `since` is charged by `now`."""
    return any(since < s < now - 2 * DAY and s not in course.left for s in course.starts)
