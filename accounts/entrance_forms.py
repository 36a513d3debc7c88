"""The forms of signing up and in: allauth's rules, our words."""

from typing import Any, ClassVar

from allauth.account import forms as allauth
from django.forms import Form
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
