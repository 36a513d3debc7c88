"""What is asked at the door."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.codes import State
from accounts.forms import PhoneField
from accounts.names import LineField
from core.form_words import Worded
from sessions.models import VideoSession


def is_yes(value: Any) -> bool:
    return bool(value == "yes")


class CheckInForm(Worded, forms.Form):
    state = forms.ChoiceField(
        label=_("Which state are you in right now?"),
        choices=State.choices,
        help_text=_("The law looks at where you are today, not at where you live."),
    )
    is_at_home = forms.TypedChoiceField(
        label=_("Are you at home?"),
        choices=[("yes", _("Yes")), ("no", _("No, somewhere else"))],
        coerce=is_yes,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    address = LineField(
        label=_("The address where you are"),
        max_length=200,
        help_text=_("Street, number and town. Only for an ambulance, if you ever needed one."),
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
        error_messages={"required": _("Write the address, so that help could find you.")},
    )
    callback_phone = PhoneField(
        label=_("A number to reach you"),
        help_text=_("Your therapist calls it if the connection breaks."),
        error_messages={"required": _("Write a number where you can be reached now.")},
    )
    is_private = forms.BooleanField(
        label=_("I am somewhere nobody else can hear me"),
        help_text=_("A parked car counts. Headphones help."),
        error_messages={
            "required": _(
                "We start when you can speak freely. Find a quiet place and tick this box. If that"
                " is not possible today, write to your therapist. It is all right."
            )
        },
    )


def presets(room: VideoSession) -> dict[str, Any]:
    """What stands in the form at first: the answers given before, else what we know of her."""
    if not hasattr(room, "check_in"):
        patient = room.appointment.patient
        return {"state": patient.state, "callback_phone": patient.phone} if patient else {}
    row = room.check_in
    return {
        "state": row.state,
        "is_at_home": "yes" if row.is_at_home else "no",
        "address": row.address,
        "callback_phone": row.callback_phone,
    }
