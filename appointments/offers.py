"""What providers offer: their rows made into hours and busy times, kept to where they may treat."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import prefetch_related_objects

from accounts.models import Provider
from appointments import availability
from appointments.availability import DateException, Interval, Plan, Rule
from appointments.models import Appointment, Schedule
from appointments.times import Times

ONE_DAY = timedelta(days=1)
HOURS = ("schedule", "availability_rules", "availability_exceptions")
FURTHEST = 370 * ONE_DAY  # a year, in which a practice may repeat visits, and what zones add

Full = dict[date, int]
"""Days of a provider's calendar that take no more visits: how many fewer would open each again."""


class Busy(NamedTuple):
    starts_at: datetime
    ends_at: datetime
    held_until: datetime | None
    is_visit: bool  # or what the provider has to do elsewhere


@dataclass(frozen=True)
class Offer:
    """The time of one provider, as it is at `now`."""

    provider: Provider
    plan: Plan
    busy: Sequence[Interval]
    free_again: datetime | None  # when the first hold among the busy times runs out
    horizon: datetime
    now: datetime
    full: Full  # closed in the plan only because they have all their visits
    visits_count: int  # among the busy times

    def starts(
        self, *, state: str, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[datetime]:
        """Yield the starts at which somebody in `state` can be seen, soonest first."""
        window = (max(since or self.now, self.now), min(until or self.horizon, self.horizon))
        for start in availability.slots(self.plan, busy=self.busy, window=window, now=self.now):
            if may_treat(self.provider, state, at=start):
                yield start

    def has(self, start: datetime) -> bool:
        """Whether the start lies in the hours, the lead time and the horizon, busy or not."""
        return self._offers(start, busy=())

    def has_free(self, start: datetime) -> bool:
        return self._offers(start, busy=self.busy)

    def _offers(self, start: datetime, *, busy: Sequence[Interval]) -> bool:
        visit = timedelta(minutes=self.plan.duration_minutes)
        return start + visit <= self.horizon and availability.is_offered(
            self.plan, starts_at=start, busy=busy, now=self.now
        )

    def block(self, start: datetime) -> Times:
        """Return the times of a visit from `start`: its own, with the buffers, and by the clock."""
        end = start + timedelta(minutes=self.plan.duration_minutes)
        shown = start.astimezone(self.plan.zone)
        return {
            "starts_at": start,
            "ends_at": end,
            "block_starts_at": start - timedelta(minutes=self.plan.buffer_before_minutes),
            "block_ends_at": end + timedelta(minutes=self.plan.buffer_after_minutes),
            "wall_date": shown.date(),
            "wall_time": shown.time(),
            "zone": self.plan.zone.key,
        }

    def without(self, visits: Iterable[Appointment]) -> "Offer":
        """The same, had these visits not been booked: what they may be moved to."""
        visits = list(visits)
        theirs = {(visit.block_starts_at, visit.block_ends_at) for visit in visits}
        gone = Counter(visit.starts_at.astimezone(self.plan.zone).date() for visit in visits)
        open_again = {day for day, count in self.full.items() if count <= gone[day]}
        exceptions = tuple(e for e in self.plan.exceptions if e.on not in open_again or e.to_minute)
        return replace(
            self,
            busy=[times for times in self.busy if tuple(times) not in theirs],
            plan=replace(self.plan, exceptions=exceptions),
        )


def may_treat(provider: Provider, state: str, *, at: datetime) -> bool:
    """Whether a licence covers a visit at `at`, on the day that it is where the provider is.

    A licence ends with a day of the state that issued it; the provider's own calendar is the one
    both of them read it by.
    """
    return provider.may_treat_in(state, on=at.astimezone(provider.zoneinfo).date())


def of(providers: Sequence[Provider], *, now: datetime, holder: str = "") -> list[Offer]:
    """Return the offers of the providers, in seven queries at most however many they are.

    :param holder: whose own hold does not count as busy
    """
    prefetch_related_objects(providers, *HOURS, "licences")
    busy = _busy(providers, now=now, holder=holder)
    away = _days_away(providers, since=now, until=now + FURTHEST)
    full = _full_days(providers, now=now, holder=holder)
    return [
        _offer(one, busy[one.pk], away[one.pk], full.get(one.pk, {}), now=now) for one in providers
    ]


def open_times(providers: Sequence[Provider], *, window: Interval) -> dict[int, list[Interval]]:
    """Return when each works within the window, booked or not: her hours, less when she is away.

    Four queries, however many they are.
    """
    prefetch_related_objects(providers, *HOURS)
    away = _days_away(providers, since=window[0], until=window[1])
    plans = {one.pk: _plan(one, schedule_of(one), closed=away[one.pk]) for one in providers}
    return {pk: availability.free(plan, busy=(), window=window) for pk, plan in plans.items()}


def schedule_of(provider: Provider) -> Schedule:
    """A provider who has not said how she cuts her time gets the ordinary cut."""
    return getattr(provider, "schedule", None) or Schedule()


def _offer(
    provider: Provider, busy: Sequence[Busy], away: set[date], full: Full, *, now: datetime
) -> Offer:
    schedule = schedule_of(provider)
    plan = _plan(provider, schedule, closed=away)
    closed = {e.on for e in plan.exceptions if e.from_minute is None}
    full = {day: count for day, count in full.items() if day not in closed}
    plan = replace(plan, exceptions=(*plan.exceptions, *map(DateException, full)))
    horizon = now + schedule.horizon_days * ONE_DAY
    times = [(one.starts_at, one.ends_at) for one in busy]
    free_again = min((one.held_until for one in busy if one.held_until), default=None)
    visits_count = sum(one.is_visit for one in busy)
    return Offer(provider, plan, times, free_again, horizon, now, full, visits_count)


def _busy(
    providers: Sequence[Provider], *, now: datetime, holder: str
) -> defaultdict[int, list[Busy]]:
    busy: defaultdict[int, list[Busy]] = defaultdict(list)
    with connection.cursor() as cursor:
        ids = [provider.pk for provider in providers]
        cursor.execute("SELECT * FROM busy_times(%s::bigint[], %s, %s)", [ids, now, holder])
        for provider_id, *times in cursor.fetchall():
            busy[provider_id].append(Busy(*times))
    return busy


def _days_away(
    providers: Sequence[Provider], *, since: datetime, until: datetime
) -> defaultdict[int, set[date]]:
    """The days of leave that matter between two moments, wherever a provider is."""
    first, last = (since - 2 * ONE_DAY).date(), (until + 2 * ONE_DAY).date()
    away: defaultdict[int, set[date]] = defaultdict(set)
    with connection.cursor() as cursor:
        ids = [provider.pk for provider in providers]
        cursor.execute("SELECT * FROM days_away(%s::bigint[], %s)", [ids, first])
        for provider_id, first_on, last_on in cursor.fetchall():
            span = range(max(first, first_on).toordinal(), min(last, last_on).toordinal() + 1)
            away[provider_id].update(map(date.fromordinal, span))
    return away


def _full_days(providers: Sequence[Provider], *, now: datetime, holder: str) -> dict[int, Full]:
    """The days on which those who take only so many visits have that many, past ones included."""
    capped = {one.pk: one for one in providers if schedule_of(one).visits_a_day}
    if not capped:
        return {}
    counts: defaultdict[int, Counter[date]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        since = now - 2 * ONE_DAY
        cursor.execute(
            "SELECT * FROM visit_starts(%s::bigint[], %s, %s, %s)",
            [list(capped), since, now, holder],
        )
        for pk, starts_at in cursor.fetchall():
            counts[pk][starts_at.astimezone(capped[pk].zoneinfo).date()] += 1
    return {
        pk: {
            day: count - most + 1
            for day, count in days.items()
            if (most := schedule_of(capped[pk]).visits_a_day or count + 1) <= count
        }
        for pk, days in counts.items()
    }


def _plan(provider: Provider, schedule: Schedule, *, closed: set[date]) -> Plan:
    stated = (
        DateException(e.on, e.from_minute, e.to_minute)
        for e in provider.availability_exceptions.all()
    )
    return Plan(
        zone=provider.zoneinfo,
        rules=tuple(
            Rule(r.weekday, r.from_minute, r.to_minute, r.valid_from, r.valid_until)
            for r in provider.availability_rules.all()
        ),
        exceptions=(*stated, *map(DateException, sorted(closed))),
        duration_minutes=schedule.visit_minutes,
        buffer_before_minutes=schedule.buffer_before_minutes,
        buffer_after_minutes=schedule.buffer_after_minutes,
        step_minutes=schedule.step_minutes,
        lead_minutes=schedule.lead_minutes,
    )
