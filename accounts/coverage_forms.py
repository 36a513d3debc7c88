"""What the practice enters of who pays for a patient's care."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.entry_forms import DayField
from accounts.models import Coverage
from core.form_words import Worded


class CoverageForm(Worded, forms.Form):
    program = forms.ChoiceField(
        label=_("Who pays"), choices=[("", _("Choose one")), *Coverage.Program.choices]
    )
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(
        label=_("Last day"), help_text=_("Leave it empty where none is known."), required=False
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("It ends before it begins. Choose a later day."))
        return data


class CoverageEndForm(Worded, forms.Form):
    last_on = DayField(label=_("Last day"))
