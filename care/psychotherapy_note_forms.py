"""The form of a psychotherapy note."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from core.form_words import Worded
from core.seen import TextField


class PsychotherapyNoteForm(Worded, forms.Form):
    note_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    body = TextField(
        label=_("Your private note"),
        help_text=_("Only you will be able to read it. Once kept, it stays as it is."),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={"required": _("Write a line or two first.")},
    )

    def clean_body(self) -> str:
        return str(self.cleaned_data["body"]).replace("\r\n", "\n")

    def again(self) -> "PsychotherapyNoteForm":
        """Return the same words in a form of their own, to be kept as another note."""
        return PsychotherapyNoteForm({"note_id": uuid.uuid4(), "body": self["body"].value()})
