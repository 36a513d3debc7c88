"""Addresses of signing up and in, under the names that allauth reverses.

Its other addresses (sign-in by link, passwordless accounts, more than one e-mail) stay closed.
"""

from collections.abc import Callable
from typing import Any

from allauth.account import views as allauth
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_http_methods

from accounts import entrance, factor_entrance, security_views
from accounts.lock import while_locked
from accounts.permissions import PUBLIC, SIGNED_IN, policy
from accounts.wall import before_factor

View = Callable[..., HttpResponseBase]
methods = require_http_methods(["GET", "HEAD", "POST"])  # Django's form views take PUT for POST


def visitors(view: View) -> View:
    return policy(PUBLIC)(methods(view))


def members(view: View, **finds: Callable[..., Any]) -> View:
    return policy(SIGNED_IN, **finds)(methods(view))


urlpatterns = [
    path("login/", visitors(entrance.sign_in), name="account_login"),
    path(
        "logout/", visitors(while_locked(before_factor(entrance.sign_out))), name="account_logout"
    ),
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
    path("again/", members(factor_entrance.password_again), name="account_reauthenticate"),
    path("second-step/code/", visitors(factor_entrance.authenticate), name="mfa_authenticate"),
    path("second-step/again/", members(factor_entrance.factor_again), name="mfa_reauthenticate"),
    path("second-step/app/", members(factor_entrance.add_app), name="mfa_activate_totp"),
    path(
        "second-step/app/removal/", members(factor_entrance.remove_app), name="mfa_deactivate_totp"
    ),
    path(
        "recovery-codes/", members(factor_entrance.recovery_codes), name="mfa_view_recovery_codes"
    ),
    path(
        "recovery-codes/new/",
        members(factor_entrance.new_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/file/",
        members(factor_entrance.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path(
        "passkeys/sign-in/", visitors(factor_entrance.sign_in_by_passkey), name="mfa_login_webauthn"
    ),
    path(
        "passkeys/again/",
        members(factor_entrance.passkey_again),
        name="mfa_reauthenticate_webauthn",
    ),
    path("passkeys/new/", members(factor_entrance.add_passkey), name="mfa_add_webauthn"),
    path(
        "passkeys/<int:pk>/",
        members(factor_entrance.rename_passkey, finds=factor_entrance.passkeys_of),
        name="mfa_edit_webauthn",
    ),
    path(
        "passkeys/<int:pk>/removal/",
        members(factor_entrance.remove_passkey, finds=factor_entrance.passkeys_of),
        name="mfa_remove_webauthn",
    ),
    # Names that allauth leads back to: all of it is on one page here.
    path("security/", security_views.security, name="mfa_index"),
    path("security/", security_views.security, name="mfa_list_webauthn"),
]
