"""What a line of the log may tell: what failed and where, never what somebody typed.

The text of a failure holds what it failed on: PostgreSQL shows the whole row that it refused,
Python the word that is no number, Django's templates all that a page knows. So the log gets the
kinds of the failures and the places, as the outbox keeps a failed duty's.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

Raised: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class Line(logging.Formatter):
    def formatException(self, ei: Raised) -> str:  # noqa: N802 -- logging's name
        failure = ei[1]
        return "" if failure is None else "\n".join(told(failure))


def told(failure: BaseException) -> Iterator[str]:
    """The failure's kind and where it was raised, after those that led to it."""
    earlier = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    if earlier is not None:
        yield from told(earlier)
        yield "which led to:"
    yield from (line.rstrip() for line in traceback.format_tb(failure.__traceback__))
    kind = type(failure)
    yield f"{kind.__module__}.{kind.__qualname__}"


class AddressFilter(logging.Filter):
    """Name the address by its pattern: a path that was typed may hold anything."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            pattern = f"/{match.route}" if match else "an address that we do not have"
            path = str(getattr(request, "path", ""))
            as_typed = (path, path.encode("unicode_escape").decode())  # as Django's log_response
            record.args = tuple(pattern if arg in as_typed else arg for arg in record.args)
        return True


class FailedTaskFilter(logging.Filter):
    """Celery writes a failure's text and traceback into its line; ours are told after the line."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict) and "traceback" in record.args:
            failure = record.exc_info[0] if record.exc_info else None
            kind = failure.__qualname__ if failure else "failure"
            record.args = {**record.args, "exc": kind, "traceback": ""}
        return True
