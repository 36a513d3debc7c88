"""The lock: a session that has rested too long shows nothing until its person proves herself."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from accounts import idle, lock_page
from accounts.models import User
from accounts.wall import is_public

LOCKED = HTTPStatus.LOCKED


def while_locked(view: Any) -> Any:
    """Mark a view that answers while the session is locked, and is no activity: the lock itself,
    and signing out."""
    view.is_while_locked = True
    return view


class LockMiddleware:
    """Lock a session that rests. A page that fetches by itself is told so with 423."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any
    ) -> HttpResponseBase | None:
        is_apart = is_public(view) or getattr(view, "is_while_locked", False)
        if is_apart or not isinstance(request.user, User):
            return None
        now = idle.clock()
        if idle.is_locked(request.session, now=now):
            return refuse(request)
        if idle.is_by_hand(request) and idle.touch(request.session, now=now):
            UserSession.objects.create_from_request(request)
        return None


def refuse(request: HttpRequest) -> HttpResponse:
    if not idle.is_by_hand(request):
        return HttpResponse(status=LOCKED)
    if request.method == "POST":
        return lock_page.keep(request)
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('accounts:lock')}?{query}")
