"""A name for each request, so that log lines and audit rows of one request can be put together.

It is always ours: what a browser sends along could be anything, and would get into the log.
"""

import logging
import secrets
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from django.http import HttpRequest, HttpResponse

# As Channels has it: with a scope to which its layers have added things.
Socket = Callable[[Any, ASGIReceiveCallable, ASGISendCallable], Coroutine[Any, Any, Any]]

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request under way; blank in a command, a worker, the beat."""
    return _current.get()


def new() -> str:
    return secrets.token_hex(8)


class RequestIdMiddleware:
    """Give each request an id, and tell it in the answer: whoever asks for help can name it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _current.set(new())
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = current()
        finally:
            _current.reset(token)
        return response


def for_sockets(application: Socket) -> Socket:
    """Give each socket an id; what its frames do belongs to it."""

    async def numbered(scope: Any, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        _current.set(new())  # each connection is a task of its own, and so has its own context
        await application(scope, receive, send)

    return numbered


class LogFilter(logging.Filter):
    """Put the id into each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current() or "-"
        return True
