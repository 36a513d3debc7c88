"""The forms of second factors: allauth's rules, our words, and two holes closed."""

from typing import Any, ClassVar

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _

from accounts.entrance_forms import WordedForm, Words
from core import strict_json

CODE = (_("Code"), _("Six digits from your app, or one of your recovery codes."))
STEP = 30  # seconds that a code of an app counts for
NAME = (_("A name for it"), _("So that you can tell your passkeys apart, such as “Work laptop”."))


class CodeForm(WordedForm):
    words: ClassVar[Words] = {"code": CODE}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class OnceForm(CodeForm):
    """A code counts once for as long as it would be taken; allauth forgets it after one step."""

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc]  # of the form it is mixed into
        except ValidationError as refusal:
            if refusal.code == "too_many_login_attempts":  # as for passwords: this is no letter
                raise get_account_adapter().validation_error("too_many_passwords") from refusal
            raise
        steps = 2 * settings.MFA_TOTP_TOLERANCE + 1
        used = f"factor-code:{self.user.pk}:{code.strip()}"  # type: ignore[attr-defined]
        if not cache.add(used, "", timeout=steps * STEP):
            raise get_adapter().validation_error("incorrect_code")
        return code


class FactorForm(OnceForm, base.AuthenticateForm):
    pass


class FactorAgainForm(OnceForm, base.ReauthenticateForm):
    pass


class NewAppForm(CodeForm, totp.ActivateTOTPForm):
    words: ClassVar[Words] = {"code": (_("Code"), _("The six digits that the app shows now."))}


MADE_UP = (KeyError, AttributeError, TypeError, ValueError)  # what allauth trips over


class CredentialField(forms.JSONField):
    """What a browser says of a passkey. Django's field falls over deep nesting and long numbers."""

    widget = forms.HiddenInput
    LONGEST = 16 * 1024  # characters; a browser's are a few thousand

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            if len(value) > self.LONGEST:
                raise strict_json.Malformed("The credential is too long.")
            return strict_json.parse(value.encode()).value
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was sent goes back unread."""
        return data if data is None else InvalidJSONInput(data)


class PasskeyForm(WordedForm):
    """An answer that no browser gives is refused like any wrong one."""

    credential = CredentialField()

    def clean_credential(self) -> Any:
        try:
            return self.checked()
        except MADE_UP as error:
            raise get_adapter().validation_error("incorrect_code") from error

    def checked(self) -> Any:
        return super().clean_credential()  # type: ignore[misc]  # of the form it is mixed into


def verified(credential: Any) -> None:
    """
    :raises ValueError: if the passkey did not check the person
    """
    answer = auth.parse_authentication_response(credential)
    if not answer.response.authenticator_data.is_user_verified():
        raise ValueError("used without a check of the person")


class SecondPasskeyForm(PasskeyForm, webauthn.AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(PasskeyForm, webauthn.ReauthenticateWebAuthnForm):
    pass


class PasskeySignInForm(PasskeyForm, webauthn.LoginWebAuthnForm):
    """A passkey alone lets in only where it has checked the person: finger, face or PIN."""

    def checked(self) -> Any:
        verified(self.cleaned_data["credential"])
        return super().checked()


class NewPasskeyForm(WordedForm, webauthn.AddWebAuthnForm):
    credential = CredentialField()

    words: ClassVar[Words] = {"name": NAME}

    def clean(self) -> Any:
        try:
            return super().clean()
        except MADE_UP as error:
            raise get_adapter().validation_error("incorrect_code") from error


class PasskeyNameForm(WordedForm, webauthn.EditWebAuthnForm):
    words: ClassVar[Words] = {"name": NAME}
