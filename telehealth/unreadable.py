"""Requests that no page could make: PostgreSQL keeps no text with the character NUL in it."""

from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse

from telehealth import errors

NUL = "\0"


class UnreadableMiddleware:
    """Refuse NUL wherever it would reach a query as it is. Forms look for it themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info:
            return errors.not_found(request)
        if any(NUL in text for text in texts(request)):
            return errors.bad_request(request)
        return self.get_response(request)


def texts(request: HttpRequest) -> Iterator[str]:
    yield from request.COOKIES.values()
    for values in request.GET.lists():
        yield from values[1]
