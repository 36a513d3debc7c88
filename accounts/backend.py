"""Who is let in with a password."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from core import tenancy


class PasswordBackend(AuthenticationBackend):
    """Email and password. The demo people's password is public: they exist in development only."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        return entered(admitted(super().authenticate(request, **credentials)))

    def get_user(self, user_id: int) -> User | None:
        return entered(admitted(super().get_user(user_id)))


def admitted(user: User | None) -> User | None:
    return None if user and user.is_demo and not settings.DEBUG else user


def entered(user: User | None) -> User | None:
    """From here on the request, or the frame, reaches the rows of the user's practices."""
    if user:
        tenancy.enter(user.pk)
    return user
