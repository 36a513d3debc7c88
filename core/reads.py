"""Whose sealed values were opened: noted as they are opened, so that no reader can forget to tell.

An edge opens a scope around its work; before anything leaves, what was noted in it is recorded.
Outside a scope (commands) nothing is noted.
"""

from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

Recorder = Callable[..., None]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass
class Scope:
    opened: set[UUID] = field(default_factory=set)
    fetched: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    purpose: str = ""


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)
_recorders: list[Recorder] = []


def note(owner: UUID) -> None:
    if inside := _scope.get():
        inside.opened.add(owner)


def declare(purpose: str) -> None:
    """Say what everything is opened for in this scope: a code, as `core.audit` has it."""
    if inside := _scope.get():
        inside.purpose = purpose


def once(name: K, fetch: Callable[[K], T]) -> T:
    """Return what `fetch` finds by the name, asked once a scope: fifty messages have one key."""
    if (inside := _scope.get()) is None:
        return fetch(name)
    if name not in inside.fetched:
        inside.fetched[name] = fetch(name)
    found: T = inside.fetched[name]
    return found


@contextmanager
def scope() -> Iterator[None]:
    """Note whose values are opened inside. `take` tells."""
    token = _scope.set(Scope())
    try:
        yield
    finally:
        _scope.reset(token)


def take() -> set[UUID]:
    """Return whose values were opened in this scope since it was last asked."""
    if (inside := _scope.get()) is None:
        return set()
    owners, inside.opened = inside.opened, set()
    return owners


def recorded_by(recorder: Recorder) -> Recorder:
    """Register the function that writes reads down: `accounts` knows whose ids these are."""
    _recorders.append(recorder)
    return recorder


def record(owners: Collection[UUID], *, action: str, by: Any, at: datetime) -> None:
    """Write down that `by` (None: the system itself) read these owners' data."""
    inside = _scope.get()
    purpose = inside.purpose if inside else ""
    for recorder in _recorders if owners else ():
        recorder(frozenset(owners), action=action, by=by, at=at, purpose=purpose)


def action(page: str) -> str:
    """Return the code under which a read of the page, or duty, `page` is on the trail."""
    return page.replace(":", ".").replace("_", "-") + ".read"


@contextmanager
def recorded(*, action: str, by: Any, at: datetime) -> Iterator[None]:
    """Record what is opened inside. If that fails, so does what was done inside."""
    with scope():
        yield
        record(take(), action=action, by=by, at=at)
