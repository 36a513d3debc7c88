"""Pages that exist in development only: the mailbox, and the demo people's one click in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import wraps

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from accounts import factors
from accounts.following import following
from accounts.models import User
from accounts.permissions import PUBLIC, policy
from core import mailbox

View = Callable[[HttpRequest], HttpResponse]


def development_only(view: View) -> View:
    """Even where the address was routed by mistake, production answers 404."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request)

    return guarded


@dataclass(frozen=True)
class Letter:
    """One mail as the page shows it."""

    subject: str
    to: str
    sent_at: datetime | None
    body: str
    attachments: list[str]


@policy(PUBLIC)
@require_safe
@development_only
def letters(request: HttpRequest) -> HttpResponse:
    shown = [read(letter) for letter in mailbox.letters()]
    return render(request, "mailbox.html", {"letters": shown})


def read(mail: EmailMessage) -> Letter:
    body = mail.get_body(("plain",))
    return Letter(
        subject=mail.get("Subject", ""),
        to=mail.get("To", ""),
        sent_at=sent_at(mail["Date"]) if mail["Date"] else None,
        body=body.get_content() if body else "",
        attachments=[part.get_filename("") for part in mail.iter_attachments()],
    )


def sent_at(date: str) -> datetime:
    """Django writes "-0000": UTC, with nothing said about where the writer is (RFC 5322, 3.3)."""
    at = parsedate_to_datetime(date)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@policy(PUBLIC)
@require_POST
@development_only
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    people = User.objects.filter(is_demo=True, is_active=True)
    user = get_object_or_404(people, pk=parsed(request.POST.get("user", "")))
    login(request, user)
    UserSession.objects.create_from_request(request)  # allauth lists what signs in by its pages
    factors.mark_passed(request, user, how=factors.DEMO)  # so that trying the product stays easy
    return HttpResponseRedirect(following(request, otherwise="home"))


def parsed(user_id: str) -> int:
    return int(user_id) if re.fullmatch(r"\d{1,18}", user_id, re.ASCII) else 0


urlpatterns = [
    path("mailbox/", letters, name="mailbox"),
    path("demo-sign-in/", demo_sign_in, name="demo_sign_in"),
]
