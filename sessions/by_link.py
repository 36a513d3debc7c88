"""A browser that came by a link is somebody on the pages of that visit, and nobody elsewhere.

The session holds the link and the browser's secret, and no user: all other pages ask to sign in.
"""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import idle
from accounts.models import User
from core import tenancy
from sessions import join_links
from sessions.models import JoinLink, VideoSession

LINK, BROWSER = "join_link", "join_browser"
PAGES = frozenset(
    f"video:{name}" for name in ("room_check_in", "room_devices", "room_probe", "room", "room_left")
)


def browser_of(session: Any) -> str:
    """The browser's secret; made when it is first needed."""
    return str(session.get(BROWSER) or secrets.token_urlsafe(join_links.BYTES))


def keep(request: HttpRequest, link: JoinLink, browser: str) -> None:
    """Remember the link in this browser, under a new name: nobody can have planted it."""
    request.session.cycle_key()
    request.session[LINK], request.session[BROWSER] = link.pk, browser
    request.session.set_expiry(0)  # with the browser, as after a password
    assert link.appointment.patient is not None  # join_links.may_have_one
    idle.enter(request.session, link.appointment.patient.user, now=idle.clock())


def comer(session: Any, appointment_id: UUID) -> User | None:
    """Who this session's link brings to the visit; None for any other."""
    link_id, browser = session.get(LINK), session.get(BROWSER)
    if not link_id or not browser:
        return None
    user = join_links.comer(
        link_id=link_id,
        browser=browser,
        appointment_id=appointment_id,
        now=timezone.now(),  # noqa: TID251 -- an edge: middleware and socket ask
    )
    if user:
        tenancy.enter(user.pk)
    return user


def comer_to_room(session: Any, room_id: UUID) -> User | None:
    with tenancy.every_practice():
        room = VideoSession.objects.filter(pk=room_id).first()
    return comer(session, room.appointment_id) if room else None


class ByLinkMiddleware:
    """Before the wall. Whoever is signed in stays who she is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, named: dict[str, Any]
    ) -> None:
        match = request.resolver_match
        if match is None or match.view_name not in PAGES or request.user.is_authenticated:
            return
        user = comer(request.session, named["appointment_id"])
        if user is None:
            return
        request.user = user
        request.by_link = True  # type: ignore[attr-defined]  # the frame then offers no account
        idle.touch(request.session, now=idle.clock())  # a link has an end of its own
