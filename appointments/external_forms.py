"""Naming a calendar that a provider keeps elsewhere."""

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
