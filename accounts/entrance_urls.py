"""Addresses of signing up and in, under the names that allauth reverses.

Its other addresses (sign-in by link, passwordless accounts, more than one e-mail) stay closed.
"""

from allauth.account import views as allauth
from django.urls import path

from accounts import entrance, factor_entrance, security_views
from accounts.lock import while_locked
from accounts.wall import before_factor

urlpatterns = [
    path("login/", entrance.sign_in, name="account_login"),
    path("logout/", while_locked(before_factor(allauth.logout)), name="account_logout"),
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
    path("again/", factor_entrance.password_again, name="account_reauthenticate"),
    path("second-step/code/", factor_entrance.authenticate, name="mfa_authenticate"),
    path("second-step/again/", factor_entrance.factor_again, name="mfa_reauthenticate"),
    path("second-step/app/", factor_entrance.add_app, name="mfa_activate_totp"),
    path("second-step/app/removal/", factor_entrance.remove_app, name="mfa_deactivate_totp"),
    path("recovery-codes/", factor_entrance.recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/new/",
        factor_entrance.new_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/file/",
        factor_entrance.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("passkeys/sign-in/", factor_entrance.sign_in_by_passkey, name="mfa_login_webauthn"),
    path("passkeys/again/", factor_entrance.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("passkeys/new/", factor_entrance.add_passkey, name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/", factor_entrance.rename_passkey, name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/removal/", factor_entrance.remove_passkey, name="mfa_remove_webauthn"),
    # Names that allauth leads back to: all of it is on one page here.
    path("security/", security_views.security, name="mfa_index"),
    path("security/", security_views.security, name="mfa_list_webauthn"),
]
