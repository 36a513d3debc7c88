"""Response headers that keep private pages private."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ROOM = "room"  # the URL names that may use camera and microphone begin with this
CLOSED = "camera=(), microphone=(), display-capture=(), geolocation=(), payment=()"
OPEN = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=()"
NO_STORE = "no-store, private"


class PrivacyHeadersMiddleware:
    """Nothing signed-in is ever cached (a shared cache once showed people each other's pages at
    another site); camera and microphone only where a visit is held or prepared."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        in_room = match is not None and (match.url_name or "").startswith(ROOM)
        response.headers["Permissions-Policy"] = OPEN if in_room else CLOSED
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if match is not None:  # a page, not a static file
            response.headers.setdefault("Cache-Control", NO_STORE)
        return response
