"""What whoever comes by a link is asked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.letter_links import LetterLinkForm


class JoinForm(LetterLinkForm):
    date_of_birth = forms.DateField(
        label=_("Date of birth of the patient"),
        help_text=_("So that nobody else who reads the email gets in."),
        widget=forms.DateInput({"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
