"""What the admin of a practice writes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from core.encrypted_email import normal
from core.form_words import Worded


class AddressField(forms.EmailField):
    """An address as it is kept, in small letters: with some letters those are more of them, and
    what was short enough is too long."""

    def to_python(self, value: Any) -> str:
        return normal(super().to_python(value) or "")


class InvitationForm(Worded, forms.Form):
    email = AddressField(
        label=_("Their work email"),
        help_text=_("Only who owns it can take up the invitation."),
        max_length=254,
        error_messages={
            "required": _("Fill this in to go on."),
            "invalid": _("Write the whole address, such as name@example.com."),
        },
    )
    role = forms.ChoiceField(
        label=_("Their role"),
        choices=Membership.Role.choices,
        error_messages={"required": _("Fill this in to go on.")},
    )
