"""What the front desk says when it acts on behalf of somebody."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.codes import State
from accounts.models import Patient, Provider
from appointments import desk_booking
from appointments.forms import CHOOSE_STATE, InstantField, ScopeForm
from appointments.models import Appointment
from core.form_words import Worded


class WithWhomForm(Worded, forms.Form):
    """Where the patient will be, and with which of those who may see her there."""

    state = forms.ChoiceField(
        label=_("Where will the patient be during the visit?"),
        choices=State.choices,
        error_messages=CHOOSE_STATE,
    )
    provider = forms.ChoiceField(
        label=_("Therapist"),
        error_messages={
            "required": _("Choose a therapist."),
            "invalid_choice": _("This therapist cannot see this patient there. Choose another."),
        },
    )

    def __init__(self, *args: Any, patient: Patient, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("state", patient.state)
        asked = self.data.get("state") if self.is_bound else self.initial["state"]
        state = asked if asked in State.values else patient.state
        self.known = {
            one.slug: one for one in desk_booking.providers_for(patient, state=state, on=on)
        }
        choices = [(slug, self.words(one)) for slug, one in self.known.items()]
        self.fields["provider"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @staticmethod
    def words(provider: Any) -> Any:
        if provider.treats:
            return _("%(name)s, who treats this patient") % {"name": provider.title}
        return provider.title

    def clean_provider(self) -> Provider:
        return self.known[self.cleaned_data["provider"]]


class BookForm(WithWhomForm):
    """The same with a time, which nobody types: it comes from a button."""

    starts_at = InstantField(error_messages={"required": _("Choose a time.")})


class DeskCancelForm(ScopeForm):
    """Why the front desk calls a visit off. The words are for the notice and the record."""

    reason = forms.ChoiceField(
        label=_("Why?"),
        choices=Appointment.CancelReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes nearest.")},
    )
