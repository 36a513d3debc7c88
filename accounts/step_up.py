"""Step-up: what changes who gets in, or takes much out, asks for a proof of the last minutes."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts import factors
from accounts.http import SignedInRequest

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponse]

FRESH_SECONDS = 5 * 60


def is_stepped_up(request: Any) -> bool:
    """Whether the person has proved within five minutes who she is.

    Who has a second factor proves it with that: a password alone may be the thief's.
    """
    proofs = factors.proofs(request, request.user)
    recent = [proof for proof in proofs if time.time() - proof["at"] < FRESH_SECONDS]
    is_factor_shown = any(proof["method"] == factors.FACTOR for proof in recent)
    return is_factor_shown or (bool(recent) and not factors.has_one(request.user))


def stepped_up(view: View[P]) -> View[P]:
    """Ask for a fresh proof first, and lead back.

    Put it on the page with the form as well: then the form, once it is sent, finds the proof fresh.
    A form that comes too late is not kept for later, because it may hold what a session must not;
    the person is led back to its page.
    """

    @wraps(view)
    def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_stepped_up(request):
            return view(request, *args, **kwargs)
        return ask(request)

    return guarded


def ask(request: HttpRequest) -> HttpResponse:
    methods = get_adapter().get_reauthentication_methods(request.user)
    address = methods[0]["url"] if methods else reverse("account_reset_password")
    return HttpResponseRedirect(f"{address}?{urlencode({'next': way_back(request)})}")


def way_back(request: HttpRequest) -> str:
    """The page itself; after a form that was sent, the page it was on, with what its address says
    where the form is sent to its own page."""
    page = urlsplit(request.headers.get("Referer", "")).path
    if request.method in ("GET", "HEAD") or page == request.path:
        return request.get_full_path()
    return page or reverse("home")
