"""What whoever comes by a link is asked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.form_words import Worded


class TokenForm(Worded, forms.Form):
    token = forms.CharField(
        label=_("The link from your email"),
        max_length=300,
        help_text=_("Copy the whole link and paste it here."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Paste the link from your email.")},
    )

    def clean_token(self) -> str:
        """The whole link was pasted, or what stands behind its #."""
        return str(self.cleaned_data["token"]).rpartition("#")[2]


class JoinForm(TokenForm):
    date_of_birth = forms.DateField(
        label=_("Date of birth of the patient"),
        help_text=_("So that nobody else who reads the email gets in."),
        widget=forms.DateInput({"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
