"""Whose sealed values were opened: noted as they are opened, so that no reader can forget to tell.

An edge opens a scope around its work; before anything leaves, what was noted in it is recorded.
Outside a scope (commands) nothing is noted.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

Recorder = Callable[..., None]

_opened: ContextVar[set[UUID] | None] = ContextVar("opened", default=None)
_recorders: list[Recorder] = []


def note(owner: UUID) -> None:
    opened = _opened.get()
    if opened is not None:
        opened.add(owner)


@contextmanager
def scope() -> Iterator[None]:
    """Note whose values are opened inside. `take` tells."""
    token = _opened.set(set())
    try:
        yield
    finally:
        _opened.reset(token)


def take() -> set[UUID]:
    """Return whose values were opened in this scope since it was last asked."""
    opened = _opened.get() or set()
    owners = set(opened)
    opened.clear()
    return owners


def recorded_by(recorder: Recorder) -> Recorder:
    """Register the function that writes reads down: `accounts` knows whose ids these are."""
    _recorders.append(recorder)
    return recorder


def record(owners: Collection[UUID], *, action: str, by: Any, at: datetime) -> None:
    """Write down that `by` (None: the system itself) read these owners' data."""
    for recorder in _recorders if owners else ():
        recorder(frozenset(owners), action=action, by=by, at=at)


@contextmanager
def recorded(*, action: str, by: Any, at: datetime) -> Iterator[None]:
    """Record what is opened inside. If that fails, so does what was done inside."""
    with scope():
        yield
        record(take(), action=action, by=by, at=at)
