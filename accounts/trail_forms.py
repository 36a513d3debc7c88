"""What the privacy officer looks for on the audit trail."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import trail, trail_words
from accounts.models import Practice
from accounts.trail_export import Kind
from core.form_words import Worded

YEARS = range(2000, 2200)  # of which there can be entries
LONGEST_NUMBER = 18  # digits: more do not fit into the database
WEEK = timedelta(days=6)


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def by_words() -> list[tuple[str, Any]]:
    return [("", _("All")), *sorted(trail_words.ACTIONS.items(), key=lambda pair: str(pair[1]))]


class SearchForm(Worded, forms.Form):
    """Of a practice. Where no days are given: the last seven."""

    from_day = day_field(_("From"))
    to_day = day_field(_("To"))
    patient = forms.CharField(
        label=_("Patient"),
        help_text=_("E-mail address or number."),
        required=False,
        max_length=254,
    )
    person = forms.CharField(
        label=_("Who looked"),
        help_text=_("E-mail address or number."),
        required=False,
        max_length=254,
    )
    action = forms.ChoiceField(label=_("What"), choices=by_words, required=False)

    def __init__(self, data: dict[str, Any], *, practice: Practice, today: date) -> None:
        week = {"from_day": str(today - WEEK), "to_day": str(today)}
        super().__init__({**week, **data})
        self.practice = practice

    def clean_from_day(self) -> date:
        return self._known("from_day")

    def clean_to_day(self) -> date:
        return self._known("to_day")

    def _known(self, name: str) -> date:
        day: date = self.cleaned_data[name]
        if day.year not in YEARS:
            raise forms.ValidationError(_("Check the year: there are no entries of it."))
        return day

    def clean_patient(self) -> int | None:
        words = _("No patient of the practice has this address or number.")
        return self._found("patient", trail.patient_id_of, words)

    def clean_person(self) -> int | None:
        words = _("Nobody in the practice has this address or number.")
        return self._found("person", trail.person_id_of, words)

    def _found(
        self, name: str, finder: Callable[[str, Practice], int | None], words: Any
    ) -> int | None:
        text = self.cleaned_data[name].strip()
        if not text:
            return None
        too_long = text.isdecimal() and len(text) > LONGEST_NUMBER
        found = None if too_long else finder(text, self.practice)
        if found is None:
            raise forms.ValidationError(words)
        return found

    def clean(self) -> dict[str, Any]:
        days = self.cleaned_data.get("from_day"), self.cleaned_data.get("to_day")
        if days[0] and days[1] and days[0] > days[1]:
            self.add_error("to_day", _("This day is before the first. Choose a later one."))
        return self.cleaned_data

    def search(self) -> trail.Search:
        cleaned = self.cleaned_data
        return trail.Search(
            practice=self.practice,
            from_day=cleaned["from_day"],
            to_day=cleaned["to_day"],
            patient_id=cleaned["patient"],
            person_id=cleaned["person"],
            action=cleaned["action"],
        )

    def query(self) -> str:
        """The search as an address may carry it: numbers, never an e-mail address."""
        names = ("from_day", "to_day", "patient", "person", "action")
        found = {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}
        return urlencode(found)


class ExportForm(SearchForm):
    kind = forms.ChoiceField(choices=Kind.choices)
