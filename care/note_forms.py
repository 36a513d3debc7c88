"""The form of the progress note."""

from django import forms
from django.utils.translation import gettext_lazy as _

from care.models import ProgressNote
from care.purposes import Label
from core.form_words import Worded


class Draft(forms.CharField):
    """Text that is expected, but may be empty while it is a draft."""

    def validate(self, value: str) -> None:
        """Nothing is refused here: signing refuses an empty note."""


class NoteForm(Worded, forms.Form):
    SAVE, SIGN = "save", "sign"
    use_required_attribute = False

    body = Draft(
        label=_("Your note"),
        help_text=_("A few lines are enough: what you worked on, how it went, and the plan."),
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


class LabelForm(Worded, forms.Form):
    """Whether federal law protects the record of the visit more than others."""

    label = forms.ChoiceField(
        label=_("How the record of this visit is protected"),
        choices=[("", _("Like the rest of the record")), *Label.choices],
        required=False,
    )
