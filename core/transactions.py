"""What PostgreSQL says when two transactions meet, and what to do about it."""

import time
from collections.abc import Callable
from functools import wraps
from random import uniform
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, IntegrityError, connection

P = ParamSpec("P")
R = TypeVar("R")

PASSING = {"40P01", "40001"}  # deadlock, serialization failure: true of that moment only
ATTEMPTS = 5
PAUSE_SECONDS = 0.01  # twice as long each time, and never two alike: or the same two meet again


def retried(deed: Callable[P, R]) -> Callable[P, R]:
    """Do a whole transaction again when it lost against another for a passing reason.

    Goes outside `@transaction.atomic`.
    """

    @wraps(deed)
    def again(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(ATTEMPTS - 1):
            try:
                return deed(*args, **kwargs)
            except DatabaseError as error:
                if not is_passing(error):
                    raise
            time.sleep(uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311 -- no secret
        return deed(*args, **kwargs)

    return again


def is_passing(error: DatabaseError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in PASSING


def violated(error: IntegrityError) -> str:
    """Name the constraint that refused the row."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def take_turns(name: str) -> None:
    """Wait until no other transaction that takes turns by this name is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def try_turn(name: str) -> bool:
    """Like `take_turns`, but answer at once, with False where another's turn is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        row = cursor.fetchone()
    return bool(row[0])
