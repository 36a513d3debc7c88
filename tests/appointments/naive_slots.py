"""
The slots once more, minute by minute: slow, and with nothing in common with the code it checks.

It never asks what instant a wall time is, only what the wall shows at an instant.  Hours open at
the first minute at which the wall shows their start, and close at the last at which it shows
their end.  What the wall never shows is passed at the first minute at which it shows more.
"""

from datetime import UTC, datetime, time, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MARGIN = timedelta(days=2)


def naive_slots(plan, *, busy, window, now):
    ranges = open_ranges(plan, window)
    opened = minutes_in(ranges)
    taken = minutes_met(busy)
    origins = [
        start for start, _ in ranges if not any(other < start < end for other, end in ranges)
    ]

    def is_slot(start):
        at, end = instant(start), start + plan.duration_minutes
        return (
            window[0] <= at
            and instant(end) <= window[1]
            and now + plan.lead_minutes * MINUTE <= at
            and opened.issuperset(range(start, end))
            and taken.isdisjoint(
                range(start - plan.buffer_before_minutes, end + plan.buffer_after_minutes)
            )
            and (start - max(o for o in origins if o <= start)) % plan.step_minutes == 0
        )

    return [instant(start) for start in minutes_met([window]) if is_slot(start)]


def naive_free(plan, *, busy, window):
    within = {m for m in minutes_met([window]) if window[0] <= instant(m) <= window[1] - MINUTE}
    free = (within & minutes_in(open_ranges(plan, window))) - minutes_met(busy)
    starts = sorted(m for m in free if m - 1 not in free)
    ends = sorted(m + 1 for m in free if m + 1 not in free)
    return [(instant(start), instant(end)) for start, end in zip(starts, ends, strict=True)]


def open_ranges(plan, window):
    """Return the hours about the window, as pairs of UTC minutes."""
    walls = wall_clock(plan.zone, window)
    first, last = walls[0][1].date(), walls[-1][1].date()
    dates = [first + timedelta(days=n) for n in range(1, (last - first).days)]
    ranges = []
    for date in dates:
        midnight = datetime.combine(date, time())
        for start, end in hours_on(plan, date):
            opens, _ = shown(walls, midnight + start * MINUTE)
            _, closes = shown(walls, midnight + end * MINUTE)
            if opens < closes:
                ranges.append((opens, closes))
    return ranges


def shown(walls, wall_time):
    """Return the first and the last minute at which the wall shows the time, or has passed it."""
    minutes = [m for m, wall in walls if wall == wall_time]
    minutes = minutes or [next(m for m, wall in walls if wall > wall_time)]
    return minutes[0], minutes[-1]


def wall_clock(zone, window):
    """Return (UTC minute, what the wall shows) for each minute about the window."""
    start, end = whole_minute(window[0] - MARGIN), whole_minute(window[1] + MARGIN)
    return [(m, instant(m).astimezone(zone).replace(tzinfo=None)) for m in range(start, end)]


def hours_on(plan, date):
    exceptions = [e for e in plan.exceptions if e.on == date]
    if any(e.from_minute is None for e in exceptions):
        return []
    stated = exceptions or [
        rule
        for rule in plan.rules
        if rule.weekday == date.weekday()
        and not (rule.valid_from and date < rule.valid_from)
        and not (rule.valid_until and date > rule.valid_until)
    ]
    return [(each.from_minute, each.to_minute) for each in stated]


def minutes_in(ranges):
    return {minute for start, end in ranges for minute in range(start, end)}


def minutes_met(intervals):
    """Return each minute that shares an instant with an interval, in order for a single one."""
    return {
        minute: None
        for start, end in intervals
        for minute in range(whole_minute(start), whole_minute(end) + 1)
        if start < instant(minute + 1) and instant(minute) < end and start < end
    }.keys()


def instant(minute):
    return EPOCH + minute * MINUTE


def whole_minute(at):
    return (at - EPOCH) // MINUTE
