"""Addresses of signing up and in, under the names that allauth reverses.

Its other addresses (sign-in by link, passwordless accounts, more than one e-mail) stay closed.
"""

from allauth.account import views as allauth
from django.urls import path

from accounts import entrance

urlpatterns = [
    path("login/", entrance.sign_in, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("signup/", entrance.sign_up, name="account_signup"),
    path("confirm-email/", entrance.confirm_email, name="account_email_verification_sent"),
    path("email/", entrance.change_email, name="account_email"),
    path("password/change/", entrance.change_password, name="account_change_password"),
    path("password/reset/", entrance.reset_password, name="account_reset_password"),
    path(
        "password/reset/confirm/",
        entrance.confirm_reset,
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/",
        entrance.complete_reset,
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        allauth.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
]
