"""Pages that belong to nobody and need no database."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from accounts import permissions
from accounts.permissions import policy
from accounts.zones import timeless
from telehealth.shell import KNOWN, PUBLIC, frame


@policy(permissions.PUBLIC)
@timeless
@require_safe
def help_now(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: to say who is signed in would take the database."""
    is_known = settings.SESSION_COOKIE_NAME in request.COOKIES
    context = frame(KNOWN if is_known else PUBLIC) | {"back": way_back(request)}
    return HttpResponse(render_to_string("help_now.html", context))


def way_back(request: HttpRequest) -> str:
    """The page of ours that led here, as the browser tells; "" if there is none to go back to."""
    ours, told = request.build_absolute_uri("/"), request.headers.get("Referer", "")
    back = "/" + told.removeprefix(ours)
    return back if told.startswith(ours) and can_be_opened(back.partition("?")[0]) else ""


def can_be_opened(path: str) -> bool:
    """Whether another page is there. What creates something only takes what is sent to it."""
    try:
        name = resolve(path).url_name or ""
    except Resolver404:
        return False
    return name != "help_now" and not name.startswith("create_")
