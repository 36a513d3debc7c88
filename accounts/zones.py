"""Which zone a reader's times are shown in."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.codes import STATE_ZONES
from core import zones

View = Callable[..., HttpResponse]
COOKIE = "zone"  # set by static/js/shell.js from the browser, and by the zone choice of a page


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Return the person's own zone or her practice's, else the browser's, the chosen state's,
    the site's."""
    user = request.user
    if user.is_authenticated:
        for role in ("provider", "patient"):
            if person := getattr(user, role, None):
                return ZoneInfo(person.zone)
        if user.memberships_held:
            return ZoneInfo(user.memberships_held[0].practice.zone)
    for name in (
        request.COOKIES.get(COOKIE, ""),
        STATE_ZONES.get(request.GET.get("state", ""), ""),
    ):
        if name in zones.known():
            return ZoneInfo(name)
    return ZoneInfo(settings.TIME_ZONE)


def timeless(view: View) -> View:
    """Mark a view that shows no time: it need not ask the database whose zone it would be."""
    view.is_timeless = True  # type: ignore[attr-defined]  # a mark, as Django's own decorators make
    return view


class ZoneMiddleware:
    """Activate the reader's zone for the view, unless it is `timeless`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, *_arguments: Any) -> None:
        if not getattr(view, "is_timeless", False):
            timezone.activate(zone_of(request))
