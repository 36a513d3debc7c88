"""Requests that no page could make.

PostgreSQL keeps no text with the character NUL in it. What Django refuses to read is refused here,
before its page for developers would try to read it once more.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse

from telehealth import errors

NUL = "\0"
UTF8 = "utf-8"


class Pages(ASGIHandler):
    """Where a request names an encoding, Django reads its parameters before any middleware."""

    def create_request(self, scope: Any, body_file: Any) -> Any:
        try:
            return super().create_request(scope, body_file)
        except TooManyFieldsSent:
            return None, errors.bad_request(HttpRequest())


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
