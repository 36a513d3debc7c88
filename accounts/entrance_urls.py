"""Addresses of signing up and in, under the names that allauth reverses.

Its other addresses (sign-in by link, passwordless accounts, more than one e-mail) stay closed.
"""

from collections.abc import Callable

from allauth.account import views as allauth
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_http_methods

from accounts import entrance
from accounts.permissions import PUBLIC, SIGNED_IN, policy

View = Callable[..., HttpResponseBase]
methods = require_http_methods(["GET", "HEAD", "POST"])  # Django's form views take PUT for POST


def visitors(view: View) -> View:
    return policy(PUBLIC)(methods(view))


def members(view: View) -> View:
    return policy(SIGNED_IN)(methods(view))


urlpatterns = [
    path("login/", visitors(entrance.sign_in), name="account_login"),
    path("logout/", visitors(allauth.logout), name="account_logout"),
    path("inactive/", visitors(allauth.account_inactive), name="account_inactive"),
    path("signup/", visitors(entrance.sign_up), name="account_signup"),
    path(
        "confirm-email/", visitors(entrance.confirm_email), name="account_email_verification_sent"
    ),
    path("email/", members(entrance.change_email), name="account_email"),
    path("password/change/", members(entrance.change_password), name="account_change_password"),
    path("password/reset/", visitors(entrance.reset_password), name="account_reset_password"),
    path(
        "password/reset/confirm/",
        visitors(entrance.confirm_reset),
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/",
        visitors(entrance.complete_reset),
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        visitors(allauth.password_reset_from_key_done),
        name="account_password_reset_completed",
    ),
]
