"""The form of the progress note."""

from django import forms
from django.utils.translation import gettext_lazy as _

from care.models import ProgressNote


class NoteForm(forms.Form):
    SAVE, SIGN = "save", "sign"

    body = forms.CharField(
        label=_("Your note"),
        help_text=_("A few lines are enough: what you worked on, how it went, and the plan."),
        required=False,  # an empty draft is fine; an empty signature is refused when it is signed
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)
    deed = forms.ChoiceField(choices=[(SAVE, SAVE), (SIGN, SIGN)])  # which button was pressed

    def clean_body(self) -> str:
        return str(self.cleaned_data["body"]).replace("\r\n", "\n")

    @classmethod
    def of(cls, note: ProgressNote) -> "NoteForm":
        return cls(initial={"body": note.body, "revision": note.revision})

    def upon(self, newest: ProgressNote) -> "NoteForm":
        """Return the same words as a change of the newest copy."""
        return NoteForm(initial={"body": self["body"].value(), "revision": newest.revision})
