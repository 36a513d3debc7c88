"""Links in letters whose token stands behind the `#`: no server, proxy or scanner is sent it.

The page takes it into a form and posts it; without scripts the whole link is pasted there.
"""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.form_words import Worded


class LetterLinkForm(Worded, forms.Form):
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
