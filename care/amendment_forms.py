"""What a patient asks to be changed, what is answered, and what she says to a denial."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from care.models import ProgressNote
from care.rights import LONGEST
from core import zones
from core.form_words import Worded
from core.seen import TextField


class NoteField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, note: Any) -> str:
        visit = note.encounter.appointment
        words = _("The note of the visit on %(day)s with %(name)s")
        day = zones.wall_date(visit.starts_at, zones.current())
        return str(words % {"day": day, "name": note.author.name})


def text(label: Any, help_text: Any = "", required: Any = "") -> TextField:
    return TextField(
        label=label,
        help_text=help_text,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": required} if required else {},
    )


class AskForm(Worded, forms.Form):
    request_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    note = NoteField(
        label=_("Which entry?"),
        queryset=ProgressNote.objects.none(),
        required=False,
        empty_label=_("Something else in my record"),
    )
    change = text(
        _("What should be changed?"),
        _("Say where it stands and what it should say."),
        _("Say what should be changed."),
    )
    reason = text(_("Why?"), "", _("Say why. A sentence is enough."))

    def __init__(self, data: Any, *, notes: Any) -> None:
        super().__init__(data)
        self.fields["note"].queryset = notes  # type: ignore[attr-defined]  # of its fields


class AnswerForm(Worded, forms.Form):
    ACCEPT, DENY, EXTEND = "accept", "deny", "extend"

    deed = forms.ChoiceField(
        label=_("Your answer"),
        choices=[
            (ACCEPT, _("Accept: the words below are added to the entry")),
            (DENY, _("Deny: the words below say why")),
            (EXTEND, _("Take 30 more days: the words below say why, and by when")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose an answer.")},
    )
    words = text(
        _("In writing"),
        _("The patient reads these words. They cannot be changed later."),
        _("Write a sentence or two. The patient has a right to an answer in writing."),
    )


class DisagreementForm(Worded, forms.Form):
    words = text(
        _("Your statement of disagreement"),
        _("It stays with the entry and goes with every copy of it."),
        _("Write your statement, or leave it as it is."),
    )
