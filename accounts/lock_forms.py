"""What opens the lock: the password, and after a whole day the second factor too; or a passkey."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import idle
from accounts.factor_forms import FactorAgainForm, PasskeyAgainForm, verified
from accounts.models import User
from core.form_words import Worded

ASKED = _("Fill this in to go on.")


class UnlockForm(Worded, forms.Form):
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": ASKED},
    )
    code = forms.CharField(
        label=_("Code"),
        help_text=_("Six digits from your app, or one of your recovery codes."),
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": ASKED},
    )

    def __init__(self, *args: Any, user: User, needs_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.needs_code = user, needs_code
        if not needs_code:
            del self.fields["code"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("incorrect_password")
        return password

    def clean(self) -> dict[str, Any]:
        """The code is looked at only after the password, so that a guess does not use it up."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.needs_code and not self.errors:
            shown = FactorAgainForm({"code": cleaned["code"]}, user=self.user)
            if shown.is_valid():
                shown.save()
            else:
                self.add_error("code", shown.errors["code"][0])
        return cleaned

    def unlock(self, request: HttpRequest, *, now: float) -> None:
        """Note the proof, and open the session."""
        reauthenticate_by_password(request)
        idle.unlock(request.session, self.user, now=now)


class UnlockByPasskeyForm(PasskeyAgainForm):
    """A passkey that checks the person is both steps in one."""

    def checked(self) -> Any:
        verified(self.cleaned_data["credential"])
        return super().checked()

    def unlock(self, request: HttpRequest, *, now: float) -> None:
        self.save()
        idle.unlock(request.session, self.user, now=now)
