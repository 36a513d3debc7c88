"""
Time the directory: `./run bench directory`.

A page of 20 therapists with three times each, for a state in which 28 in 100 may treat, at 1,000
and at 100,000 therapists with 16 free intervals each, in a database server of its own.

database_ms   the page's queries, as the server says: planned and executed; a median, and the least,
              which a busy machine disturbs less
wishes_ms     the same with a concern, an insurer, a word with a slip, and a weekday's evening
request_ms    the whole request, from the test client to the last byte; median and p95

Bars: database 1 ms at 1,000, and twice that at most at 100,000; request 50 ms.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from appointments.directory import find
from appointments.wishes import Times, Wishes
from bench import rows
from core import postgres, tenancy
from core.database.elsewhere import elsewhere

ROUNDS, FEW = 200, 7
PLAIN = Wishes("IL")
MANY = Wishes(
    "IL",
    concern="grief",
    payer="Aetna",
    text="greif",
    times=Times(ZoneInfo("America/Chicago"), 2, "afternoon"),
)


def run() -> dict[str, Any]:
    figures: dict[str, Any] = {}
    folder = Path(settings.DATA_DIR) / "bench"
    with postgres.scratch(folder) as url, elsewhere(url), tenancy.every_practice():
        call_command("migrate", verbosity=0)
        for count in (1_000, 100_000):
            rows.make(count, now=now())
            figures |= {f"{name}_at_{count}": ms for name, ms in at_size().items()}
    ratio = figures["database_ms_at_100000"] / figures["database_ms_at_1000"]
    return figures | {
        "database_ratio": round(ratio, 2),
        "load_average": round(os.getloadavg()[0], 2),
    }


def at_size() -> dict[str, float]:
    client = Client(SERVER_NAME="127.0.0.1")  # makes the middleware once, as a server does
    asked = [timed(lambda: request(client)) for _ in range(ROUNDS)]
    plain, many = in_database(PLAIN, rounds=ROUNDS), in_database(MANY, rounds=FEW)
    return {
        "database_ms": round(median(plain), 3),
        "database_least_ms": round(min(plain), 3),
        "wishes_ms": round(median(many), 3),
        "request_ms": round(median(asked), 2),
        "request_p95_ms": round(quantiles(asked, n=20)[-1], 2),
    }


def in_database(wishes: Wishes, *, rounds: int) -> list[float]:
    """The time of the queries alone: what Django makes of the rows is in the request."""
    at = now()
    with CaptureQueriesContext(connection) as captured:
        page = find(wishes, on=at.date(), now=at)
    assert len(page.matches) == 20, len(page.matches)  # noqa: PLR2004 -- a page
    statements = [query["sql"] for query in captured.captured_queries]
    return [sum(map(server_ms, statements)) for _ in range(rounds)]


def server_ms(statement: str) -> float:
    """What the server itself says a statement took, to plan and to execute."""
    with connection.cursor() as cursor:
        cursor.cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}")
        [[[told]]] = cursor.cursor.fetchall()
    return float(told["Planning Time"] + told["Execution Time"])


def request(client: Client) -> None:
    response = client.get("/", {"state": "IL"})
    assert response.status_code == HTTPStatus.OK, response.status_code


def timed(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return (time.perf_counter() - began) * 1_000


def now() -> datetime:
    return datetime.now(UTC)
