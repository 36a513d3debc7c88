"""Who holds a time before there is an account: a visitor, known by a secret in the session."""

import secrets

from django.http import HttpRequest

KEY = "holder"


def holder_of(request: HttpRequest) -> str:
    """Return the visitor's secret; it is made on first use and survives signing up."""
    if KEY not in request.session:
        request.session[KEY] = secrets.token_urlsafe(24)
    return str(request.session[KEY])


def known_holder(request: HttpRequest) -> str:
    """Return the secret if there is one. Looking around should not start a session."""
    return str(request.session.get(KEY, ""))
