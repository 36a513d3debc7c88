"""Which zone a reader's times are shown in."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.codes import STATE_ZONES
from core import zones

COOKIE = "zone"  # set by static/js/zone.js from the browser, and by the zone choice of a page


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Return the person's own zone, else the browser's, the chosen state's, the site's."""
    user = request.user
    if user.is_authenticated:
        for role in ("provider", "patient"):
            if person := getattr(user, role, None):
                return ZoneInfo(person.zone)
    for name in (
        request.COOKIES.get(COOKIE, ""),
        STATE_ZONES.get(request.GET.get("state", ""), ""),
    ):
        if name in zones.known():
            return ZoneInfo(name)
    return ZoneInfo(settings.TIME_ZONE)


class ZoneMiddleware:
    """Activate the reader's zone for the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request)):
            return self.get_response(request)
