"""HEAD: what GET would say, without its body, and without a trace."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from core import reads

View = Callable[..., HttpResponse]


class HeadMiddleware:
    """Let a view take HEAD for GET, and take back what it writes: nobody has read anything.

    Goes last. A page that asks no database answers by itself (accounts.zones.timeless).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, given: tuple[Any, ...], named: dict[str, Any]
    ) -> HttpResponse | None:
        if request.method != "HEAD" or getattr(view, "is_timeless", False):
            return None
        return look(request, lambda: view(request, *given, **named))


def look(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    request.method = "GET"
    try:
        with transaction.atomic():
            response = answer()
            transaction.set_rollback(True)
        reads.take()  # what was opened goes nowhere
    finally:
        request.method = "HEAD"  # servers drop the body by it
    return response
