"""
Time the slot arithmetic: `./run bench slots`.

W1  one provider, 30 days, 50-minute visits and a 10-minute buffer on a 15-minute grid, 40 % busy
W2  1,000 such providers in 8 zones, 14 days across the American spring change

Figures are medians in milliseconds with zones warm, and include reading busy times from datetimes
and making datetimes of the slots.  Trust them only where `load_average` is well below the cores;
`cpu` is this process's own time, which a busy machine disturbs less.

Bars: W1 0.1 ms, W2 50 ms, and 1,000 times as fast as django-appointment on W1 with the same slots.
The peer reads its rows from SQLite in memory; it is asked if it is installed (`make peers`).
"""

import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any
from zoneinfo import ZoneInfo

from appointments.availability import Interval, Plan, Rule, slots
from bench import peers

CITIES = ["New_York", "Chicago", "Denver", "Phoenix", "Los_Angeles", "Anchorage", "Halifax", "Adak"]
ZONES = [ZoneInfo(f"America/{city}") for city in CITIES]
WORKDAYS = range(5)
WORKING_HOURS = range(9, 17)
START = datetime(2027, 3, 8, tzinfo=UTC)
HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
BUSY_SHARE = 0.4


Work = list[tuple[Plan, list[Interval], Interval]]
PEER = "django-appointment"


def run() -> dict[str, Any]:
    one = workload(providers=1, days=30)
    thousand = workload(providers=1_000, days=14)
    w1_ms = median_ms(lambda: answer(one), times=500)
    return {
        "w1_slots": answer(one),
        "w1_ms": w1_ms,
        "w1_cpu_ms": median_ms(lambda: answer(one), times=500, clock=time.process_time),
        "w2_slots": answer(thousand),
        "w2_ms": median_ms(lambda: answer(thousand), times=9),
        "w2_cpu_ms": median_ms(lambda: answer(thousand), times=9, clock=time.process_time),
        **(beside_peer(one, w1_ms) if peers.is_installed(PEER) else {}),
        "load_average": round(os.getloadavg()[0], 2),
    }


def beside_peer(work: Work, ms: float) -> dict[str, Any]:
    """Ask the peer the same, on the wall clock of the provider's zone."""
    [(plan, busy, window)] = work
    first = window[0].astimezone(plan.zone).date() + ONE_DAY  # the window begins in an evening
    days = [first + number * ONE_DAY for number in range((window[1] - window[0]).days)]
    told = peers.ask(
        PEER,
        {
            "step_minutes": plan.step_minutes,
            "hours": ["09:00", "17:00"],
            "busy": [on_wall(start, plan.zone) for start, _end in busy],
            "days": [day.isoformat() for day in days],
        },
    )
    ours = [on_wall(at, plan.zone) for at in slots(plan, busy=busy, window=window, now=START)]
    return {
        "peer": f"{PEER} 3.12",
        "peer_ms": round(told["ms"], 1),
        "peer_queries": told["queries"],
        "peer_same_slots": told["slots"] == ours,
        "peer_ratio": round(told["ms"] / ms),
    }


def on_wall(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat()


def workload(*, providers: int, days: int) -> Work:
    pick = random.Random(1)  # noqa: S311 -- a fixed seed: each run must time the same work
    window = (START, START + timedelta(days=days))
    return [
        (plan_in(zone), busy_hours(pick, zone, days), window)
        for zone in islice(cycle(ZONES), providers)
    ]


def plan_in(zone: ZoneInfo) -> Plan:
    return Plan(
        zone=zone,
        rules=tuple(Rule(weekday, 9 * 60, 17 * 60) for weekday in WORKDAYS),
        exceptions=(),
        duration_minutes=50,
        buffer_before_minutes=0,
        buffer_after_minutes=10,
        step_minutes=15,
        lead_minutes=0,
    )


def busy_hours(pick: random.Random, zone: ZoneInfo, days: int) -> list[Interval]:
    """Return each open hour, or leave it out, by the toss of a loaded coin."""
    midnights = [START.replace(tzinfo=zone) + timedelta(days=n) for n in range(days)]
    hours = [
        midnight.replace(hour=hour).astimezone(UTC)
        for midnight in midnights
        if midnight.weekday() in WORKDAYS
        for hour in WORKING_HOURS
    ]
    return [(hour, hour + HOUR) for hour in hours if pick.random() < BUSY_SHARE]


def answer(work: Work) -> int:
    return sum(len(slots(plan, busy=busy, window=window, now=START)) for plan, busy, window in work)


def median_ms(
    deed: Callable[[], object], *, times: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    return round(statistics.median(seconds(deed, clock) for _ in range(times)) * 1_000, 4)


def seconds(deed: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    deed()
    return clock() - began
