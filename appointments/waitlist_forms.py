"""What is said to be told of earlier times, how urgent it is, and how long an offer stands."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.codes import State
from accounts.entry_forms import DayField
from accounts.models import Patient
from accounts.names import LineField
from appointments.desk_forms import WithWhomForm
from appointments.forms import CHOOSE_STATE, MOST_VERSIONS, PART_WORDS
from appointments.models import Appointment, WaitlistEntry
from core import zones
from core.form_words import Worded

WAIT = timedelta(days=60)
LONGEST = timedelta(days=365)
ROUTINE = WaitlistEntry.Priority.ROUTINE
ONE_MORE = _("None of them: it would be one more visit")
Asked = dict[str, Any]
"""What `waiting.ask` wants to know, beside the two and the visit."""


class WishesForm(Worded, forms.Form):
    """When she could come, by her own clock."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"),
        help_text=_("Leave all empty if any day suits."),
        choices=[(str(n), words) for n, words in WEEKDAYS.items()],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    parts = forms.MultipleChoiceField(
        label=_("Times of day"),
        help_text=_("Leave all empty if any time suits."),
        choices=list(PART_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    until = DayField(label=_("Until which day?"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.initial.setdefault("until", today + WAIT)

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if not self.today <= until <= self.today + LONGEST:
            raise forms.ValidationError(_("Choose a day from today on, within a year."))
        return until


class WaitlistForm(WishesForm):
    """The same, with the visit that is to get the earlier time, where she has one."""

    appointment = forms.ChoiceField(
        label=_("Which visit should be earlier?"), widget=forms.RadioSelect, required=False
    )
    state = forms.ChoiceField(
        label=_("Where will you be during the visit?"),
        choices=State.choices,
        error_messages=CHOOSE_STATE,
    )

    def __init__(self, *args: Any, visits: Sequence[Appointment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visits = {str(visit.pk): visit for visit in visits}
        zone = zones.current()
        named = [(pk, zones.full(visit.starts_at, zone)) for pk, visit in self.visits.items()]
        self.fields["appointment"].choices = [*named, ("", ONE_MORE)]  # type: ignore[attr-defined]  # a ChoiceField
        if not visits:
            del self.fields["appointment"]

    def clean_appointment(self) -> Appointment | None:
        return self.visits.get(self.cleaned_data["appointment"])

    def asked(self) -> Asked:
        return {"appointment": None} | self.cleaned_data


class DeskWaitlistForm(WithWhomForm, WishesForm):
    """The front desk enters her, for one more visit, with one of those who may see her there."""

    def __init__(self, *args: Any, patient: Patient, today: date, **kwargs: Any) -> None:
        super().__init__(*args, patient=patient, today=today, on=today, **kwargs)


class AcceptForm(Worded, forms.Form):
    """What the page said that accepting does. Nobody types it."""

    appointment = forms.UUIDField(required=False)
    version = forms.IntegerField(min_value=0, max_value=MOST_VERSIONS)


class PriorityForm(Worded, forms.Form):
    priority = forms.ChoiceField(
        label=_("How urgent is it?"),
        choices=WaitlistEntry.Priority.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes nearest.")},
    )
    reason = LineField(
        label=_("Why?"),
        help_text=_("It stays in the record. Only therapists of this patient read it."),
        max_length=300,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("priority", ROUTINE) != ROUTINE and not said.get("reason"):
            self.add_error("reason", _("Write in a few words why others should wait longer."))
        return said


class MinutesForm(Worded, forms.Form):
    minutes = forms.IntegerField(
        label=_("Minutes for which a free time is kept for one patient"),
        help_text=_("From 10 to 240. Then it goes to the next one."),
        min_value=10,
        max_value=240,
    )
