"""The page of the lock, and what was typed in a form that came too late.

It travels with the page, so that nothing of it is stored: first hidden in the form that unlocks,
then as a form that the person sends once more. Nothing is done behind her back, and every check is
made as for any other form.
"""

import json
from dataclasses import dataclass
from typing import Any

from allauth.mfa.webauthn.internal import auth
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import factors, idle
from accounts.following import wanted
from accounts.lock_forms import UnlockByPasskeyForm, UnlockForm
from accounts.models import User
from core import strict_json

SECRET = ("csrf", "password", "code", "credential", "kept")  # fields that are never carried on
LONGEST = 200_000  # characters; a note is far shorter


@dataclass(frozen=True)
class Kept:
    """A form that was sent to a locked session."""

    address: str
    fields: list[tuple[str, str]]

    @property
    def words(self) -> list[str]:
        """What a person wrote, as far as one can tell: text with spaces in it."""
        return [value for _, value in self.fields if " " in value.strip()]


def keep(request: HttpRequest) -> HttpResponse:
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if not any(word in name for word in SECRET)
        for value in values
    ]
    kept = json.dumps({"address": request.get_full_path(), "fields": fields})
    return show(request, kept=kept, status=423)


def read(text: str) -> Kept | None:
    """What the page carried, or nothing if it is not what this page writes."""
    try:
        found = strict_json.parse(text[:LONGEST].encode()).members("address", "fields")
        pairs = [pair.elements() for pair in found["fields"].elements()]
        fields = [(name.text(), value.text()) for name, value in pairs]
        address = found["address"].text()
    except ValueError:
        return None
    is_ours = url_has_allowed_host_and_scheme(address, None) and address.startswith("/")
    return Kept(address, fields) if is_ours else None


def show(
    request: HttpRequest, *, form: Form | None = None, kept: str = "", status: int = 200
) -> HttpResponse:
    """The whole page, or its form alone where a page covers itself with it."""
    is_part = request.headers.get("HX-Request") == "true"
    by_passkey = form if isinstance(form, UnlockByPasskeyForm) else None
    context = {
        "form": form if form and not by_passkey else password_form(request),
        "passkey_form": by_passkey,
        "options": passkey_options(request),
        "next": wanted(request),
        "kept": kept,
        "is_part": is_part,
    }
    template = "accounts/_unlock.html" if is_part else "accounts/lock.html"
    return render(request, template, context, status=status)


def passkey_options(request: HttpRequest) -> dict[str, Any] | None:
    """What a browser is asked for, where the person has a passkey."""
    if not auth.get_credentials(request.user):
        return None
    options: dict[str, Any] = auth.begin_authentication(request.user)
    return options


def sent_form(request: HttpRequest) -> UnlockForm | UnlockByPasskeyForm:
    if "credential" in request.POST:
        return UnlockByPasskeyForm(request.POST, user=request.user)
    return password_form(request, request.POST)


def password_form(request: HttpRequest, data: Any = None) -> UnlockForm:
    assert isinstance(request.user, User)
    is_over = idle.is_over(request.session, now=idle.clock())
    needs_code = is_over and factors.has_one(request.user)
    return UnlockForm(data, user=request.user, needs_code=needs_code)
