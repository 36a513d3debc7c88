"""What staff enter of a disclosure that left by another road than a copy made here."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import trail
from accounts.models import Patient, Practice
from accounts.names import LineField
from care.models import Disclosure
from core.form_words import Worded

KEPT = timedelta(days=6 * 366)  # 45 CFR 164.528(a): six years
LONGEST_NUMBER = 18  # digits: more do not fit into the database


class DisclosureForm(Worded, forms.Form):
    """Of a practice, in whose calendar the day is."""

    disclosure_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    patient = forms.CharField(
        label=_("Patient"), help_text=_("E-mail address or number."), max_length=254
    )
    disclosed_on = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    recipient = LineField(
        label=_("To whom"), help_text=_("Name, and address if you know it."), max_length=200
    )
    what = LineField(
        label=_("What"),
        help_text=_("Which part of the record, such as “the note of March 2”."),
        max_length=500,
    )
    purpose = forms.ChoiceField(label=_("Why"), choices=Disclosure.Purpose.choices)

    def __init__(self, data: Any, *, practice: Practice, today: date) -> None:
        super().__init__(data, initial={"disclosed_on": today})
        self.practice, self.today = practice, today

    def clean_patient(self) -> Patient:
        text = self.cleaned_data["patient"].strip()
        too_long = text.isdecimal() and len(text) > LONGEST_NUMBER
        number = None if too_long else trail.patient_id_of(text, self.practice)
        if number is None:
            raise forms.ValidationError(_("No patient of the practice has this address or number."))
        return Patient.objects.get(pk=number)

    def clean_disclosed_on(self) -> datetime:
        """The beginning of that day."""
        day: date = self.cleaned_data["disclosed_on"]
        if day < self.today - KEPT:
            raise forms.ValidationError(_("The register goes back six years. Check the year."))
        if day > self.today:
            raise forms.ValidationError(_("This day lies ahead. Enter what has happened."))
        return datetime.combine(day, time(), ZoneInfo(self.practice.zone))
