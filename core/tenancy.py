"""Whose rows the code that runs now may touch: those of some practices, of all, or of none.

A second wall behind `visible_to`: PostgreSQL's row-level security (core/walls.py) asks for it at
each row. `core.database` tells the session before a statement runs, on whatever connection and
thread that is; so nothing has to be cleared away afterwards, and whoever sets nothing sees nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core.request_ids import Socket

SETTING = "telehealth.practices"  # what the policies read


@dataclass(frozen=True)
class Scope:
    """The practices of a person, and others by their ids; or every one."""

    person_id: int | None = None
    practice_ids: frozenset[int] = frozenset()
    is_every: bool = False

    def setting(self) -> tuple[str, list[Any]]:
        """Return SQL for the value of SETTING, an int8multirange of the practices' ids, with its
        parameters. "" opens nothing."""
        if self.is_every:
            return "'{(,)}'", []
        if self == NOBODY:
            return "''", []
        ids = ",".join(f"[{practice_id},{practice_id}]" for practice_id in self.practice_ids)
        joined = "(practices_of(%s)::int8multirange + %s::int8multirange)::text"
        return joined, [self.person_id, f"{{{ids}}}"]


NOBODY = Scope()
EVERY_PRACTICE = Scope(is_every=True)

_scope: ContextVar[Scope] = ContextVar("tenancy", default=NOBODY)


def current() -> Scope:
    return _scope.get()


def enter(person_id: int) -> None:
    """From here to the end of the edge's `closed`, work with the practices of who has come in.

    For those whose session, password, code or passkey has been checked. Whoever works in every
    practice goes on to.
    """
    if not current().is_every:
        _scope.set(Scope(person_id))


@contextmanager
def closed() -> Iterator[None]:
    """Around a request, a socket, a frame: it begins with nobody's rows, and leaves no right
    behind."""
    with within(NOBODY):
        yield


@contextmanager
def joining(practice_id: int) -> Iterator[None]:
    """Reach one practice more: for the deed by which somebody comes to belong to it."""
    before = current()
    joined = replace(before, practice_ids=before.practice_ids | {practice_id})
    with within(before if before.is_every else joined):
        yield


@contextmanager
def every_practice() -> Iterator[None]:
    """For the site's own work, and for look-ups that cross practices on purpose.

    A house test (tests/house/test_tenancy.py) lists who may, and why.
    """
    with within(EVERY_PRACTICE):
        yield


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


class ScopeMiddleware:
    """Around everything that asks the database. Who comes in is seen by `accounts.backend`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with closed():
            return self.get_response(request)


def for_sockets(application: Socket) -> Socket:
    """The same around a socket, whose every frame asks anew who is there."""

    async def scoped(scope: Any, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        with closed():
            await application(scope, receive, send)

    return scoped
