"""
From hours and busy times to free time and slots, in one sweep over sorted half-open intervals.

Hours that overlap become one open range.  Hours that only touch stay two ranges, each with a grid
of its own, because the grid starts where a range was said to start; yet no minute between them is
closed, so a visit may run from one into the next.  That is how hours past midnight are written,
and it leaves the grid of a date independent of how many open days came before it, and so of the
window one asks for.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

from appointments.availability.plan import Plan
from appointments.availability.wall import (
    MINUTE,
    day_shown,
    instant,
    minute_at_or_after,
    minute_at_or_before,
    readings,
)

Interval = tuple[datetime, datetime]
"""From an aware instant up to, not including, a later one."""

Span = tuple[int, int]
"""The same in UTC minutes."""

FOREVER = sys.maxsize
NEVER: Span = (FOREVER, FOREVER)


def free(plan: Plan, *, busy: Iterable[Interval], window: Interval) -> list[Interval]:
    """Return what is open and not busy within the window, in order, with nothing left to join."""
    first, last = minute_at_or_after(window[0]), minute_at_or_before(window[1])
    taken = _merged([*_minutes(busy), *_outside(first, last)])
    gaps = _gaps(_open_ranges(plan, first, last), taken)
    joined = _joined((start, end) for _, start, end in gaps)
    return [(instant(start), instant(end)) for start, end in joined]


def slots(
    plan: Plan, *, busy: Iterable[Interval], window: Interval, now: datetime
) -> list[datetime]:
    """
    Return the starts, in UTC and in order, at which a visit can be booked.

    The visit lies in the window and in open hours, and starts no sooner than the lead time after
    `now`.  With its buffers it meets no busy interval; the buffers may lie outside open hours.
    """
    starts: list[int] = []
    for start, end in _stretches(plan, busy, window, now):
        starts.extend(range(start, end, plan.step_minutes))
    return list(map(instant, starts))


def stretches(
    plan: Plan, *, busy: Iterable[Interval], window: Interval, now: datetime
) -> list[Interval]:
    """Return the `slots` as intervals: a start at the beginning of each, and every step before its
    end."""
    found = _stretches(plan, busy, window, now)
    return [(instant(start), instant(end)) for start, end in found]


def _stretches(
    plan: Plan, busy: Iterable[Interval], window: Interval, now: datetime
) -> Iterator[Span]:
    first, last = minute_at_or_after(window[0]), minute_at_or_before(window[1])
    earliest = max(first, minute_at_or_after(now) + plan.lead_minutes)
    latest = last - plan.duration_minutes
    ranges = _open_ranges(plan, first, last)
    blocked = _merged([*_blocked(plan, ranges, busy), *_outside(earliest, latest + 1)])
    for opened, start, end in _gaps(ranges, blocked):
        on_grid = start + (opened - start) % plan.step_minutes
        if on_grid < end:
            yield on_grid, end


def is_offered(plan: Plan, *, starts_at: datetime, busy: Iterable[Interval], now: datetime) -> bool:
    """Tell whether `slots` offers this start; it looks at the days around the visit only."""
    starts_at = starts_at.astimezone(UTC)  # in any other zone `+` moves the hands of the wall clock
    window = (starts_at, starts_at + plan.duration_minutes * MINUTE)
    return bool(slots(plan, busy=busy, window=window, now=now))


def _open_ranges(plan: Plan, first: int, last: int) -> list[Span]:
    """Return the open ranges that matter between two minutes, whole, in order."""
    zone = plan.zone
    # Where clocks go back about midnight, hours of the days beside ours reach into ours.
    hours = plan.hours(day_shown(zone, first) - 1, day_shown(zone, last) + 1)
    return _merged((readings(zone, start)[0], readings(zone, end)[1]) for start, end in hours)


def _blocked(plan: Plan, ranges: list[Span], busy: Iterable[Interval]) -> Iterator[Span]:
    """Yield where no visit starts: it would meet closed hours or, with its buffers, busy ones."""
    visit = plan.duration_minutes - 1  # a start this long before an interval still meets it
    visit_and_after = visit + plan.buffer_after_minutes
    before = plan.buffer_before_minutes
    for (_, closed), (opened, _) in pairwise([*ranges, NEVER]):
        if closed < opened:
            yield closed - visit, opened
    for start, end in _minutes(busy):
        yield start - visit_and_after, end + before


def _minutes(intervals: Iterable[Interval]) -> Iterator[Span]:
    """Yield the spans that cover the intervals; one that is empty covers nothing."""
    for start, end in intervals:
        if start < end:
            yield minute_at_or_before(start), minute_at_or_after(end)


def _outside(start: int, end: int) -> tuple[Span, Span]:
    """Return all time but a span: what lies outside a window is as good as taken."""
    return (-FOREVER, start), (end, FOREVER)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order: those that overlap made one, those that touch kept apart."""
    merged: list[Span] = []
    reached = -FOREVER
    for start, end in sorted(spans):
        if reached <= start < end:  # not so for hours that a clock change has skipped
            merged.append((start, end))
            reached = end
        elif start < reached < end:
            merged[-1] = (merged[-1][0], end)
            reached = end
    return merged


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans that are in order and apart with those that touch made one."""
    joined: list[Span] = []
    for start, end in spans:
        touches = joined and joined[-1][1] == start
        joined.append((joined.pop()[0] if touches else start, end))
    return joined


def _gaps(ranges: Iterable[Span], taken: Iterable[Span]) -> Iterator[tuple[int, int, int]]:
    """
    Yield what the taken spans leave of each range, as (start of the range, start, end).

    Both are in order and apart, so that one pass over the two side by side is enough.
    """
    rest = iter(taken)
    taken_start, taken_end = next(rest, NEVER)
    for opened, closed in ranges:
        start = opened
        while taken_start < closed:
            if start < taken_end:
                if start < taken_start:
                    yield opened, start, taken_start
                start = taken_end
            if closed < taken_end:
                break  # what is left of the taken span may take from the next range too
            taken_start, taken_end = next(rest, NEVER)
        if start < closed:
            yield opened, start, closed
