"""The next free starts of a page of providers, read from the index in one query."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import Provider
from appointments import offers
from appointments.availability import Interval

NEXT_COUNT = 3  # times shown beside each provider
APART = timedelta(hours=2)  # between them: times close together are no choice
# In two hours there are at most eight starts on the ordinary grid of 15 minutes.
ENOUGH = NEXT_COUNT * 8
MINUTE = timedelta(minutes=1)

# Those that meet the windows first, where there are windows: no LIMIT may cut them off.
INTERVALS = """
SELECT asked.provider_id, free.starts_at, free.ends_at, free.step_minutes
FROM unnest(%s::bigint[], %s::timestamptz[]) AS asked (provider_id, since)
CROSS JOIN LATERAL (
  SELECT * FROM appointments_freeinterval AS free
  WHERE free.provider_id = asked.provider_id AND free.ends_at > asked.since
  ORDER BY {order} LIMIT %s
) AS free
"""
SOONEST = "free.ends_at"
IN_WINDOWS = "tstzrange(free.starts_at, free.ends_at) && %s::tstzmultirange DESC, free.ends_at"


def of(
    providers: Sequence[Provider], *, state: str, now: datetime, windows: Sequence[Interval] = ()
) -> dict[int, list[datetime]]:
    """
    Return the next starts of each, in some distance from each other, in the windows if there are.

    Each lies in lead time and horizon, and on a day on which the provider may treat in `state`.

    :param providers: of a page, with schedule and licences, and the soonest start as `starts_at`
    """
    intervals = _intervals(providers, now=now, windows=windows)
    return {
        provider.pk: list(_of_one(provider, intervals[provider.pk], state, windows, now=now))
        for provider in providers
    }


def _intervals(
    providers: Sequence[Provider], *, now: datetime, windows: Sequence[Interval]
) -> dict[int, list[tuple[datetime, datetime, int]]]:
    found: dict[int, list[tuple[datetime, datetime, int]]] = defaultdict(list)
    soonest = {one.pk: one.starts_at for one in providers}  # type: ignore[attr-defined]
    since = {one.pk: max(earliest(one, now=now), soonest[one.pk]) for one in providers}
    ranges = [multirange(windows)] if windows else []
    query = INTERVALS.format(order=IN_WINDOWS if windows else SOONEST)
    with connection.cursor() as cursor:
        cursor.execute(query, [list(since), list(since.values()), *ranges, ENOUGH])
        for provider_id, *interval in sorted(cursor.fetchall()):
            found[provider_id].append(tuple(interval))
    return found


def _of_one(
    provider: Provider,
    intervals: Iterable[tuple[datetime, datetime, int]],
    state: str,
    windows: Sequence[Interval],
    *,
    now: datetime,
) -> Iterator[datetime]:
    """In the windows if any start is; else whenever, which is said beside them."""
    schedule = offers.schedule_of(provider)
    first = earliest(provider, now=now)
    last = now + schedule.horizon_days * offers.ONE_DAY - schedule.visit_minutes * MINUTE
    starts = [at for at in every(intervals) if first <= at <= last]
    wished = [at for at in starts if any(start <= at < end for start, end in windows)]
    possible = (at for at in wished or starts if offers.may_treat(provider, state, at=at))
    return spread(possible)


def every(intervals: Iterable[tuple[datetime, datetime, int]]) -> Iterator[datetime]:
    for start, end, step_minutes in intervals:
        at = start
        while at < end:
            yield at
            at += step_minutes * MINUTE


def spread(starts: Iterable[datetime]) -> Iterator[datetime]:
    """Yield the first, and those that follow in some distance."""
    last, count = None, 0
    for start in starts:
        if last is None or start - last >= APART:
            yield start
            last, count = start, count + 1
        if count == NEXT_COUNT:
            return


def earliest(provider: Provider, *, now: datetime) -> datetime:
    return now + offers.schedule_of(provider).lead_minutes * MINUTE


def multirange(windows: Iterable[Interval]) -> str:
    """Write windows as PostgreSQL reads a tstzmultirange."""
    ranges = (f"[{start.isoformat()},{end.isoformat()})" for start, end in windows)
    return f"{{{','.join(ranges)}}}"
