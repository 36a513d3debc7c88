"""What the privacy officer says of an emergency access."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import EmergencyAccess
from core.form_words import Worded
from core.seen import TextField


class ReviewForm(Worded, forms.Form):
    outcome = forms.ChoiceField(
        label=_("Was this access appropriate?"),
        choices=EmergencyAccess.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    remark = TextField(
        label=_("Your note"),
        help_text=_("Needed where it was not appropriate: what was wrong, and what follows."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
