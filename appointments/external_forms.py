"""Naming a calendar that a provider keeps elsewhere."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.form_words import Worded
from core.outgoing import LONGEST


class ExternalCalendarForm(Worded, forms.Form):
    address = forms.CharField(
        label=_("The address of your calendar"),
        help_text=_(
            "Your calendar program shows it as “secret address in iCal format” or “publish”. It"
            " begins with https:// or webcal:// and often ends with .ics."
        ),
        max_length=LONGEST,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        error_messages={"required": _("Paste the address of the calendar.")},
    )
    username = forms.CharField(
        label=_("Name to sign in there"),
        help_text=_(
            "Only for a CalDAV calendar. With a name and a password we also put your visits there,"
            " each as “Appointment”."
        ),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password there"),
        help_text=_("Best one for this use alone: most servers make you an “app password”."),
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        name, word = data.get("username"), data.get("password")
        if not self.errors and bool(name) != bool(word):
            missing = "password" if name else "username"
            self.add_error(missing, _("Give both, or neither."))
        return data
