"""What somebody says who asks for emergency access: who the patient is, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.identity_fields import IdentityFields
from accounts.models import EmergencyAccess
from core.form_words import Worded
from core.seen import TextField

LONGEST = 500  # characters: as many as the model keeps


class RequestForm(Worded, IdentityFields):
    reason = forms.ChoiceField(
        label=_("What is the emergency?"),
        choices=EmergencyAccess.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    circumstances = TextField(
        label=_("What happened, in your words"),
        help_text=_("One or two sentences. The privacy officer reads them."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def why(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("reason", "circumstances")}
