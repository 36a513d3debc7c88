"""Many people at once, as threads against the real database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def at_once(crowd: int, deed: Callable[[int], Any]) -> list[Any]:
    """Do the deed in `crowd` threads that start together. Return what each returned or raised."""
    start = Barrier(crowd)

    def one(number: int) -> Any:
        try:
            connections["default"].ensure_connection()
            start.wait(timeout=30)
            return deed(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(crowd) as people:
        return list(people.map(one, range(crowd)))
