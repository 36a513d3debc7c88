"""What the pages of billing read."""

from django import forms
from django.utils.translation import gettext_lazy as _


class LedgerFilter(forms.Form):
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
