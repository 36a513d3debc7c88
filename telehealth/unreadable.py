"""Requests that no page could make.

PostgreSQL keeps no text with the character NUL in it. What Django refuses to read is refused here,
before its page for developers would try to read it once more. A request that is larger than any
form is refused while it arrives: it is held in memory, and must not fill it. Only who is signed in
sends files.
"""

import io
from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import RequestAborted, TooManyFieldsSent
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse, parse_cookie

from telehealth import errors

NUL = "\0"
UTF8 = "utf-8"
WITH_FILES = "/messages/"  # where addresses that take files begin

Receive = Callable[[], Awaitable[Any]]


class TooLarge(Exception):
    """More has arrived than any form sends."""


class Pages(ASGIHandler):
    """Where a request names an encoding, Django reads its parameters before any middleware."""

    async def handle(self, scope: Any, receive: Receive, send: Any) -> None:
        try:
            await super().handle(scope, bounded(receive, scope), send)
        except TooLarge:
            await self.send_response(errors.too_large(), send)

    async def read_body(self, receive: Receive) -> io.BytesIO:
        """Django's own would put what is large on the disk, in plain."""
        body = io.BytesIO()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            body.write(message.get("body", b""))
            more = message.get("more_body", False)
        body.seek(0)
        return body

    def create_request(self, scope: Any, body_file: Any) -> Any:
        try:
            return super().create_request(scope, body_file)
        except TooManyFieldsSent:
            return None, errors.bad_request(HttpRequest())


def bounded(receive: Receive, scope: Any) -> Receive:
    """Hand on what arrives, and count it: what a request says of its length need not be true.

    :raises TooLarge: when more has arrived than the request may have
    """
    count, most = 0, int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    async def counted() -> Any:
        nonlocal count, most
        message = await receive()
        count += len(message.get("body", b""))
        if count > most:
            most = await largest(scope)
        if count > most:
            raise TooLarge
        return message

    return counted


async def largest(scope: Any) -> int:
    """How many bytes a request may have that has more than a form without files. Asked for only
    then: it costs a query."""
    if scope["path"].startswith(WITH_FILES) and await sync_to_async(is_signed_in)(scope):
        return int(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def is_signed_in(scope: Any) -> bool:
    """Whether the cookie is that of a session in which somebody signed in. What she may do is
    looked at when the request is there."""
    told = [value.decode("latin1") for name, value in scope["headers"] if name == b"cookie"]
    key = parse_cookie("; ".join(told)).get(settings.SESSION_COOKIE_NAME, "")
    try:
        sessions = import_module(settings.SESSION_ENGINE)
        return NUL not in key and SESSION_KEY in sessions.SessionStore(key)
    finally:
        errors.let_go()


class UnreadableMiddleware:
    """Refuse NUL wherever it would reach a query as it is (forms look for it themselves), another
    encoding than ours, and more parameters than Django reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info:
            return errors.not_found(request)
        return self.get_response(request) if is_readable(request) else errors.bad_request(request)


def is_readable(request: HttpRequest) -> bool:
    if (request.encoding or UTF8).lower() != UTF8:
        return False
    try:
        return not any(NUL in text for text in texts(request))
    except TooManyFieldsSent:
        return False


def texts(request: HttpRequest) -> Iterator[str]:
    yield from request.COOKIES.values()
    for values in request.GET.lists():
        yield from values[1]
