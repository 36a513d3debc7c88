"""Requests that no page could make.

PostgreSQL keeps no text with the character NUL in it. What Django refuses to read is refused here,
before its page for developers would try to read it once more. A request that is larger than any
form is refused while it arrives: it is held in memory, and must not fill it.
"""

import io
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestAborted, TooManyFieldsSent
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse

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
            await super().handle(scope, bounded(receive, largest(scope["path"])), send)
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


def largest(path: str) -> int:
    """How many bytes a request to the path may have."""
    if path.startswith(WITH_FILES):
        return int(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def bounded(receive: Receive, most: int) -> Receive:
    """Hand on what arrives, and count it: what a request says of its length need not be true.

    :raises TooLarge: when more than `most` bytes have arrived
    """
    count = 0

    async def counted() -> Any:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > most:
            raise TooLarge
        return message

    return counted


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
