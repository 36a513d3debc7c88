"""What the pages of billing read."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from core.form_words import Worded

YEARS = range(2000, 2200)  # of which there can be books


class LedgerFilter(Worded, forms.Form):
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day and day.year not in YEARS:
            raise forms.ValidationError(_("Check the year: there are no books of it."))
        return day
