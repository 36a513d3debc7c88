"""The type of a request behind the sign-in wall."""

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """LoginRequiredMiddleware has seen to it that somebody is signed in."""

    user: User
