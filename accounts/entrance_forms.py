"""The forms of signing up and in: allauth's rules, our words."""

import uuid
from typing import Any, ClassVar

from allauth.account import forms as allauth
from allauth.account.models import EmailAddress
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.passwords import HELP
from core.form_words import Worded

Words = dict[str, tuple[Any, Any]]  # name of the field: its label and help


class WordedForm(Worded, Form):
    """Takes labels and helps from `words`, and no placeholders: those vanish as one types."""

    words: ClassVar[Words] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label, field.help_text = self.words.get(name, (field.label, ""))


class SignInForm(WordedForm, allauth.LoginForm):
    words: ClassVar[Words] = {"login": (_("Email"), ""), "password": (_("Password"), "")}


class SignUpForm(WordedForm, allauth.SignupForm):
    words: ClassVar[Words] = {
        "email": (_("Email"), _("We send a code there, and the details of your visits.")),
        "password1": (_("Choose a password"), HELP),
    }

    def try_save(self, request: HttpRequest) -> Any:
        """A known address makes no account, but takes as long."""
        if self.account_already_exists:
            self.rehearse(request)
        return super().try_save(request)

    @transaction.atomic
    def rehearse(self, request: HttpRequest) -> None:
        """Make an account that nobody has, hash and all, and undo it."""
        kept = self.cleaned_data
        self.cleaned_data = kept | {"email": f"{uuid.uuid4()}@nobody.invalid"}
        self.account_already_exists = False
        user = self.save(request)
        for _question in range(3):  # as many as a sign-in asks about a new address
            list(EmailAddress.objects.filter(user=user))
        self.cleaned_data, self.account_already_exists = kept, True
        transaction.set_rollback(True)


class CodeForm(WordedForm):
    words: ClassVar[Words] = {"code": (_("Code"), _("Eight digits, from the email."))}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class ConfirmEmailForm(CodeForm, allauth.ConfirmEmailVerificationCodeForm):
    pass


class ConfirmResetForm(CodeForm, allauth.ConfirmPasswordResetCodeForm):
    pass


class ResetForm(WordedForm, allauth.ResetPasswordForm):
    words: ClassVar[Words] = {"email": (_("Email"), _("The one you sign in with."))}


class NewPasswordForm(WordedForm, allauth.ResetPasswordKeyForm):
    words: ClassVar[Words] = {
        "password1": (_("New password"), HELP),
        "password2": (_("The same again"), ""),
    }


class ChangePasswordForm(WordedForm, allauth.ChangePasswordForm):
    words: ClassVar[Words] = {
        "oldpassword": (_("Your current password"), ""),
        "password1": (_("New password"), HELP),
        "password2": (_("The same again"), ""),
    }


class ChangeEmailForm(WordedForm, allauth.AddEmailForm):
    words: ClassVar[Words] = {"email": (_("New email"), _("We send a code there first."))}


class PasswordAgainForm(WordedForm, allauth.ReauthenticateForm):
    words: ClassVar[Words] = {"password": (_("Your password"), "")}
