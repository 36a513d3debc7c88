"""What somebody says who asks for emergency access: who the patient is, and why."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import EmergencyAccess
from accounts.names import LineField
from core.form_words import Worded

LONGEST = 500  # characters: as many as the model keeps


class RequestForm(Worded, forms.Form):
    legal_name = LineField(
        label=_("Full legal name of the patient"),
        help_text=_("All of it, as on an ID."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    born_on = forms.DateField(
        label=_("Date of birth"),
        widget=forms.DateInput({"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
    )
    reason = forms.ChoiceField(
        label=_("What is the emergency?"),
        choices=EmergencyAccess.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    circumstances = forms.CharField(
        label=_("What happened, in your words"),
        help_text=_("One or two sentences. The privacy officer reads them."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_born_on(self) -> date:
        born_on: date = self.cleaned_data["born_on"]
        if born_on.year < 1890:  # noqa: PLR2004 -- nobody who lives was born before
            raise forms.ValidationError(_("Check the year: this is not a date of birth."))
        return born_on

    def who(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("legal_name", "born_on")}

    def why(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("reason", "circumstances")}
