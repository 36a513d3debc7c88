"""How allauth's second factors behave here: our words, and secrets that are closed at rest."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.utils.translation import gettext_lazy as _

from accounts import factors
from accounts.models import User
from core import site_key

NAME = "Telehealth"
PURPOSE = "accounts.factors"


class FactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This does not fit. Take the newest code and try again."),
        "unverified_email": _("Confirm your email first."),
        "cannot_delete_authenticator": _(
            "Your work here needs a second step. Add another one first, then remove this one."
        ),
        "cannot_generate_recovery_codes": _("Set up an app or a passkey first."),
    }

    def encrypt(self, text: str) -> str:
        return site_key.box(PURPOSE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return site_key.box(PURPOSE).decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        return ""  # the page draws its own: accounts.qr

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Staff cannot do without; who has only patients' rights can."""
        return not (authenticator.user.works_here and factors.is_last(authenticator))

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 -- allauth's
        return str(_("My passkey"))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": NAME}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        return {
            **super().get_public_key_credential_user_entity(user),
            "display_name": user.email,
        }
