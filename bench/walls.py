"""
Time what row-level security adds to a page: `python -m bench.walls [ROUNDS]`.

on    as the role that serves: the session is told whose rows it may touch, policies are asked
off   as the owner, to whom no policy applies, and with nothing told to the session

Each round asks for each page in both ways, the one first in one round and the other in the next, so
that a busy machine slows both alike. Pages are those of `bench.sealed`. `ms` is a median of the
clock, `cpu` of this process's own time; PostgreSQL's share is in `ms` alone. What is added is the
median of the differences within a round. Bar: at most 5 %.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from statistics import median

import time_machine
from django.db import connection
from django.test import Client

from bench import sealed
from bench.sealed import Place, Taken
from core import grants
from core.postgres import WEB
from tests.factories import NINE
from tests.signing_in import signed_in
from tests.web_role import MAKE_ROLE, execute

ROUNDS = 200
ON, OFF = "on", "off"


def run(rounds: int) -> dict[str, object]:
    sealed.prepare()
    execute(MAKE_ROLE)
    grants.give(WEB)
    with time_machine.travel(NINE, tick=True):
        pages = sealed.make_pages()
        times = {name: measure(place, rounds) for name, place in pages.items()}
    return {name: figures(of) for name, of in times.items()} | {
        "load_average": round(os.getloadavg()[0], 2)
    }


def measure(place: Place, rounds: int) -> dict[str, list[Taken]]:
    client = signed_in(place.reader) if place.reader else Client()
    for way in (ON, OFF) * 5:  # what is done once a process is not counted
        ask(client, place, way)
    times: dict[str, list[Taken]] = {ON: [], OFF: []}
    for number in range(rounds):
        for way in (ON, OFF) if number % 2 else (OFF, ON):
            times[way].append(ask(client, place, way))
    return times


def ask(client: Client, place: Place, way: str) -> Taken:
    with walled() if way == ON else unwalled():
        started, begun = time.perf_counter(), time.process_time()
        response = client.get(place.address)
        ended, done = time.perf_counter(), time.process_time()
    assert response.status_code == HTTPStatus.OK, response.status_code
    return (ended - started) * 1000, (done - begun) * 1000


@contextmanager
def walled() -> Iterator[None]:
    execute(f"SET ROLE {WEB}")
    try:
        yield
    finally:
        execute("RESET ROLE")


@contextmanager
def unwalled() -> Iterator[None]:
    kept, connection.execute_wrappers = connection.execute_wrappers, []
    try:
        yield
    finally:
        connection.execute_wrappers = kept


def figures(times: dict[str, list[Taken]]) -> dict[str, float]:
    told: dict[str, float] = {"n": len(times[ON])}
    for kind, unit in enumerate(("ms", "cpu")):
        on, off = ([taken[kind] for taken in times[way]] for way in (ON, OFF))
        added = median(a - b for a, b in zip(on, off, strict=True))
        told[f"off_{unit}"] = round(median(off), 2)
        told[f"added_{unit}"] = round(added, 2)
        told[f"added_{unit}_percent"] = round(100 * added / median(off), 1)
    return told


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    sys.stdout.write(json.dumps(run(rounds), indent=2) + "\n")
