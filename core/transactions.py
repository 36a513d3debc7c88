"""What PostgreSQL says when two transactions meet, and what to do about it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")

PASSING = {"40P01", "40001"}  # deadlock, serialization failure: true of that moment only
ATTEMPTS = 5


def retried(deed: Callable[P, R]) -> Callable[P, R]:
    """Do a whole transaction again when it lost against another for a passing reason.

    Goes outside `@transaction.atomic`.
    """

    @wraps(deed)
    def again(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(ATTEMPTS - 1):
            try:
                return deed(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in PASSING:
                    raise
        return deed(*args, **kwargs)

    return again


def violated(error: IntegrityError) -> str:
    """Name the constraint that refused the row."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def take_turns(name: str) -> None:
    """Wait until no other transaction that takes turns by this name is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
