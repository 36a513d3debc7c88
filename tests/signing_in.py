"""Browsers of people who are signed in. The second factor counts as shown: in this one place."""

from django.conf import settings
from django.http import HttpRequest
from django.test import Client

from accounts import factors
from accounts.models import User


def signed_in(user: User, *, with_factor: bool = True) -> Client:
    """A client of `user`, as if she had signed in a moment ago."""
    client = Client()
    client.force_login(user)
    if with_factor:
        show_factor(client, user)
    return client


def show_factor(client: Client, user: User) -> None:
    request = HttpRequest()
    request.session = client.session
    factors.mark_passed(request, user, how="test")
    request.session.save()


def cookie_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value
