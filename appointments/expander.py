"""Says when a calendar that somebody else wrote is busy. Runs as a program of its own, with limits
that it sets before it reads a byte: `expanding` asks it.

Times only: titles, places and people of the file go no further than this process. Events of our own
visits are left out, for they are counted already, and may have moved since.

    python -I expander.py ZONE START END HOST < file      seconds since 1970, twice

answers JSON: {"busy": [[start, end], …], "unread": n}. Exit 3: unreadable, stderr says which way.
"""

import json
import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component, vDDDLists

Interval = tuple[datetime, datetime]

MEMORY = 512 * 1024 * 1024  # bytes
PROCESSOR = 4  # seconds; the budget below is smaller, this is for what cannot be interrupted
BUDGET, AGAIN = 0.8, 0.05  # seconds of thinking
MOST_PARTS, MOST_TIMES = 20_000, 5_000
BEGIN = "BEGIN:VCALENDAR"
REPEATS = {"RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
REFUSED = 3


class Unreadable(Exception):
    """The file says nothing that can be used; the word tells in which way."""


NOT_A_CALENDAR, TOO_MUCH = "not-a-calendar", "too-much"


def busy(
    content: bytes, *, zone: ZoneInfo, window: Interval, host: str
) -> tuple[list[Interval], int]:
    """
    Return when it is busy within the window, in order and apart from one another, and how many
    entries could not be read.

    :param zone: in which times without a zone are meant, and days begin
    :param host: of our own events
    :raises Unreadable:
    """
    with budget(BUDGET):
        found: list[Interval] = []
        unread = 0
        for calendar in parsed(content):
            for group in entries(calendar, host):
                try:
                    found += times_of(calendar, group, zone, window)
                except Unreadable:
                    raise
                except Exception:  # whatever the libraries raise about one entry
                    unread += 1
        times = merged(found, window)
    if len(times) > MOST_TIMES:
        raise Unreadable(TOO_MUCH)
    return times, unread


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    """Give up after so much thinking: a rule may ask for every second since 1970."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise Unreadable(TOO_MUCH)

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)  # a library may swallow the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def parsed(content: bytes) -> list[Calendar]:
    text = content.decode("utf-8-sig", errors="replace").lstrip()
    if not text.upper().startswith(BEGIN):
        raise Unreadable(NOT_A_CALENDAR)
    if text.upper().count("BEGIN:") > MOST_PARTS:
        raise Unreadable(TOO_MUCH)
    try:
        found: list[Any] = Calendar.from_ical(text, multiple=True)
    except Unreadable:
        raise
    except Exception as failure:  # whatever the library raises about what is no calendar
        raise Unreadable(NOT_A_CALENDAR) from failure
    return [one for one in found if isinstance(one, Calendar)]


def entries(calendar: Calendar, host: str) -> Iterator[list[Component]]:
    """The events, each with the changes of its single dates, and published busy times. Our own
    events are left out."""
    groups: defaultdict[str, list[Component]] = defaultdict(list)
    for number, event in enumerate(calendar.walk("VEVENT")):
        uid = str(event.get("UID", f"none {number}"))
        if not uid.endswith(f"@{host}"):
            groups[uid].append(event)
    yield from groups.values()
    yield from ([component] for component in calendar.walk("VFREEBUSY"))


def times_of(
    calendar: Calendar, group: list[Component], zone: ZoneInfo, window: Interval
) -> list[Interval]:
    if group[0].name == "VFREEBUSY":
        return list(free_busy(group[0], zone))
    if not any(REPEATS & set(event) for event in group):
        return [times(event, zone) for event in group if takes_time(event)]
    alone = Calendar()
    alone.update({name: calendar[name] for name in ("X-WR-TIMEZONE",) if name in calendar})
    for event in group:
        alone.add_component(event)
    query = recurring_ical_events.of(alone, components=["VEVENT"])
    start, end = (at.astimezone(zone) for at in window)
    return [times(event, zone) for event in query.between(start, end) if takes_time(event)]


def takes_time(event: Component) -> bool:
    is_transparent = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
    return not is_transparent and str(event.get("STATUS", "")).upper() != "CANCELLED"


def times(event: Component, zone: ZoneInfo) -> Interval:
    """RFC 5545, 3.6.1: without an end or a duration, a date is a day, and a time is no time."""
    start = said(event, "DTSTART")
    if "DTEND" in event:
        end = said(event, "DTEND")
    elif "DURATION" in event:
        end = start + said(event, "DURATION")
    else:
        end = start if isinstance(start, datetime) else start + timedelta(days=1)
    return instant(start, zone), instant(end, zone)


def said(event: Component, name: str) -> Any:
    value: Any = event[name]
    return value.dt


def free_busy(component: Component, zone: ZoneInfo) -> Iterator[Interval]:
    given: Any = component.get("FREEBUSY", [])
    for value in given if isinstance(given, list) else [given]:
        if str(value.params.get("FBTYPE", "BUSY")).upper() != "FREE":
            yield from (period(one, zone) for one in periods(value))


def periods(value: Any) -> list[Any]:
    return [one.dt for one in value.dts] if isinstance(value, vDDDLists) else [value.dt]


def period(told: tuple[Any, Any], zone: ZoneInfo) -> Interval:
    start, end = told
    return instant(start, zone), instant(start + end if isinstance(end, timedelta) else end, zone)


def instant(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def merged(found: Iterable[Interval], window: Interval) -> list[Interval]:
    """Cut to the window, in order, and what touches is one: nothing tells how many there were."""
    since, until = window
    cut = ((max(start, since), min(end, until)) for start, end in found)
    kept: list[Interval] = []
    for start, end in sorted(one for one in cut if one[0] < one[1]):
        if kept and start <= kept[-1][1]:
            kept[-1] = kept[-1][0], max(end, kept[-1][1])
        else:
            kept.append((start, end))
    return kept


def main(zone: str, start: str, end: str, host: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    window = (datetime.fromtimestamp(int(start), UTC), datetime.fromtimestamp(int(end), UTC))
    try:
        times, unread = busy(sys.stdin.buffer.read(), zone=ZoneInfo(zone), window=window, host=host)
    except Unreadable as failure:
        sys.stderr.write(str(failure))
        sys.exit(REFUSED)
    told = [[int(one.timestamp()) for one in interval] for interval in times]
    json.dump({"busy": told, "unread": unread}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
