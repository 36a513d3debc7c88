"""Browsers of people who are signed in. The second factor counts as shown: in this one place."""

from datetime import UTC, datetime

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.http import HttpRequest
from django.test import Client

from accounts import factors, idle
from accounts.models import User

NEVER_IDLE = datetime(2100, 1, 1, tzinfo=UTC).timestamp()  # no test travels that far


def signed_in(user: User, *, with_factor: bool = True, at: float = NEVER_IDLE) -> Client:
    """A client of `user`, who has shown the factor now, and was active `at` that time."""
    client = Client()
    client.force_login(user)
    session = client.session
    idle.enter(session, user, now=at)
    session.save()
    if with_factor:
        show_factor(client, user)
    return client


def show_factor(client: Client, user: User) -> None:
    request = HttpRequest()
    request.session = client.session
    factors.mark_passed(request, user, how="test")
    request.session.save()


def keep_proof(client: Client) -> None:
    """What was shown stays fresh, however long the tests take that share this browser."""
    session = client.session
    proofs = session[AUTHENTICATION_METHODS_SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{**proof, "at": NEVER_IDLE} for proof in proofs]
    session.save()


def cookie_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value
