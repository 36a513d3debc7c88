"""How staff names one patient without being shown a list: by what stands on an ID."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.names import LineField


class IdentityFields(forms.Form):
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

    def clean_born_on(self) -> date:
        born_on: date = self.cleaned_data["born_on"]
        if born_on.year < 1890:  # noqa: PLR2004 -- nobody who lives was born before
            raise forms.ValidationError(_("Check the year: this is not a date of birth."))
        return born_on

    def who(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("legal_name", "born_on")}
