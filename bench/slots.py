"""
Time the slot arithmetic: `python -m bench.slots`.

W1  one provider, 30 days, 50-minute visits and a 10-minute buffer on a 15-minute grid, 40 % busy
W2  1,000 such providers in 8 zones, 14 days across the American spring change

Figures are medians in milliseconds with zones warm, and include reading busy times from datetimes
and making datetimes of the slots.  Trust them only where `load_average` is well below the cores.
"""

import json
import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from zoneinfo import ZoneInfo

from appointments.availability import Interval, Plan, Rule, slots

CITIES = ["New_York", "Chicago", "Denver", "Phoenix", "Los_Angeles", "Anchorage", "Halifax", "Adak"]
ZONES = [ZoneInfo(f"America/{city}") for city in CITIES]
WORKDAYS = range(5)
WORKING_HOURS = range(9, 17)
START = datetime(2027, 3, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
BUSY_SHARE = 0.4


def run() -> dict[str, float]:
    one = workload(providers=1, days=30)
    thousand = workload(providers=1_000, days=14)
    return {
        "w1_slots": answer(one),
        "w1_ms": median_ms(lambda: answer(one), times=500),
        "w2_slots": answer(thousand),
        "w2_ms": median_ms(lambda: answer(thousand), times=9),
        "load_average": round(os.getloadavg()[0], 2),
    }


Work = list[tuple[Plan, list[Interval], Interval]]


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


def median_ms(deed: Callable[[], object], *, times: int) -> float:
    return round(statistics.median(seconds(deed) for _ in range(times)) * 1_000, 4)


def seconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
