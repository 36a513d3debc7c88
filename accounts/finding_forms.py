"""By what the front desk looks for a patient."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.names import LineField
from core.form_words import Worded


class FindPatientForm(Worded, forms.Form):
    """Number, address, or the whole name with the date of birth; of several, all have to fit."""

    phone = LineField(
        label=_("Phone number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    legal_name = LineField(
        label=_("Whole legal name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    born_on = forms.DateField(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}),
    )

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone and not phones.e164(phone):
            raise forms.ValidationError(
                _("Write the number with its area code, such as 312-555-0123.")
            )
        return phone

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if self.errors:
            return said
        if said["legal_name"] and not said["born_on"]:
            self.add_error("born_on", _("With a name, we need the date of birth."))
        elif said["born_on"] and not said["legal_name"]:
            self.add_error("legal_name", _("With a date of birth, we need the whole name."))
        elif not any(said.values()):
            raise forms.ValidationError(
                _("Write a number, an address, or a name with the date of birth.")
            )
        return said
