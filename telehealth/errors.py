"""Pages for what went wrong: what happened, what is safe, what to do."""

from collections.abc import Callable
from http import HTTPStatus

from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts.permissions import PUBLIC, policy
from core import keyring, keystore
from telehealth.headers import NO_STORE


@policy(PUBLIC)
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django may render this in a thread beside the request's own, where nothing else closes."""
    try:
        return render(request, "404.html", status=404)
    finally:
        let_go()


def let_go() -> None:
    """Give back what this thread holds of the database, unless a transaction needs it."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Rendered without the request, of which something could not be read."""
    # Often refused before its address is looked up, by which others get this header.
    headers = {"Cache-Control": NO_STORE}
    return HttpResponse(render_to_string("400.html"), status=400, headers=headers)


def too_large() -> HttpResponse:
    """Answered while the request was still arriving, so that nothing is known of it."""
    headers = {"Cache-Control": NO_STORE}
    return HttpResponse(render_to_string("413.html"), status=413, headers=headers)


def gone(request: HttpRequest) -> HttpResponse:
    """Somebody wrote into the record of a patient who was erased."""
    return render(request, "410.html", status=410)


def server_error(
    request: HttpRequest, *, status: int = HTTPStatus.INTERNAL_SERVER_ERROR
) -> HttpResponse:
    """Rendered without the request: the frame would ask the database, which may be away."""
    return HttpResponse(render_to_string("500.html"), status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


class SamePageForNotFoundMiddleware:
    """Show our own page for 404 in development too: what is tried there is what people see."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, keystore.Erased):
            return gone(request)
        if isinstance(exception, keyring.Unavailable):
            return server_error(request, status=HTTPStatus.SERVICE_UNAVAILABLE)
        return not_found(request, exception) if isinstance(exception, Http404) else None
