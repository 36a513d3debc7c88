"""The last day on which something holds, as people give it, and the moment at which it is over."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

LATEST = date(2199, 12, 31)  # the calendar itself ends in 9999, and a day after it is none


class LastDayField(forms.DateField):
    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "max": LATEST.isoformat()})
        words = options.pop("label", _("Until, this day included"))
        super().__init__(label=words, widget=widget, **options)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and day > LATEST:
            raise forms.ValidationError(_("Choose a day before the year 2200."))
        return day


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment after `day` in `zone`."""
    return datetime.combine(day + timedelta(days=1), time(), zone)
