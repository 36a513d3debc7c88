"""What a provider, or the practice for her, writes of her hours."""

from collections.abc import Iterator, Sequence
from datetime import date, time
from itertools import combinations
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from appointments.availability import DateException, Rule
from appointments.keeping import Reading
from appointments.models import AvailabilityRule, Leave, Schedule
from core.form_words import Worded
from core.last_day import LATEST

MIDNIGHT = 24 * 60
EARLIEST = date(2000, 1, 1)
MOST_ROWS = 100
ENDS_FIRST = _("The end comes before the beginning. Choose a later end.")


class ClockField(forms.TimeField):
    """A time on the wall, to the minute."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        super().__init__(widget=widget, input_formats=["%H:%M"], **options)


class CalendarField(forms.DateField):
    """A day of a calendar that people live by."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"})
        super().__init__(widget=widget, **options)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(_("Choose a day between the years 2000 and 2199."))
        return day


class ReadingForm(Worded, forms.Form):
    """What was on the page that was sent: which revision, and which visits were told of."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def read(self) -> Reading:
        """What cannot be read was not read: then the page is shown anew, and nothing is saved."""
        if not self.is_valid():
            return Reading(None)
        return Reading(self.cleaned_data["revision"], self.cleaned_data["seen"])

    def clean_seen(self) -> frozenset[UUID]:
        try:
            return frozenset(map(UUID, self.cleaned_data["seen"].split()))
        except ValueError:
            return frozenset()


def minute_of(at: time) -> int:
    return at.hour * 60 + at.minute


def end_minute(at: time) -> int:
    """Midnight as an end is the end of the day."""
    return minute_of(at) or MIDNIGHT


def clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


class RuleForm(Worded, forms.Form):
    """A row of the week. One without times says nothing."""

    weekday = forms.TypedChoiceField(
        choices=list(WEEKDAYS.items()), coerce=int, widget=forms.HiddenInput
    )
    starts = ClockField(label=_("From"), required=False)
    ends = ClockField(label=_("Until"), required=False)
    valid_from = CalendarField(label=_("First day"), required=False)
    valid_until = CalendarField(label=_("Last day"), required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = data.get("starts"), data.get("ends")
        if (starts is None) != (ends is None) and not self.errors:
            missing = "ends" if ends is None else "starts"
            self.add_error(missing, _("Say both times, or none to work no hours here."))
        elif starts is not None and ends is not None and end_minute(ends) <= minute_of(starts):
            self.add_error("ends", ENDS_FIRST)
        first, last = data.get("valid_from"), data.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", ENDS_FIRST)
        return data

    @property
    def day(self) -> Any:
        """The weekday in words, whatever was sent."""
        return WEEKDAYS.get(self.day_number, "")

    @property
    def day_number(self) -> int:
        value = str(self["weekday"].value())
        return int(value) if value.isdecimal() and int(value) in WEEKDAYS else -1

    @property
    def is_dated(self) -> bool:
        return bool(self["valid_from"].value() or self["valid_until"].value())

    def rule(self) -> Rule | None:
        data = self.cleaned_data
        if data.get("starts") is None or data.get("ends") is None:
            return None
        return Rule(
            weekday=data["weekday"],
            from_minute=minute_of(data["starts"]),
            to_minute=end_minute(data["ends"]),
            valid_from=data["valid_from"],
            valid_until=data["valid_until"],
        )


class BaseWeek(forms.BaseFormSet):  # type: ignore[type-arg]  # not subscriptable at run time
    def clean(self) -> None:
        """Say of two rows that state the same hours which one to change."""
        stated = [(form, form.rule()) for form in self.forms if form.is_valid()]
        for (_one, rule), (form, other) in combinations(stated, 2):
            if rule and other and meet(rule, other) and not form.has_error("starts"):
                form.add_error("starts", _("These hours overlap with others of the same day."))

    def rules(self) -> list[Rule]:
        return [rule for form in self.forms if (rule := form.rule())]

    def by_day(self) -> Iterator[tuple[Any, list[RuleForm]]]:
        for number, name in WEEKDAYS.items():
            yield name, [form for form in self.forms if form.day_number == number]


def meet(one: Rule, other: Rule) -> bool:
    """Whether two rules open the same minute of some day."""
    return (
        one.weekday == other.weekday
        and one.from_minute < other.to_minute
        and other.from_minute < one.to_minute
        and (one.valid_from or EARLIEST) <= (other.valid_until or LATEST)
        and (other.valid_from or EARLIEST) <= (one.valid_until or LATEST)
    )


Week = cast(
    "type[BaseWeek]",
    forms.formset_factory(
        RuleForm, formset=BaseWeek, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS
    ),
)


def week_of(rules: Sequence[AvailabilityRule]) -> BaseWeek:
    """The week as it is, with an empty row for each day."""
    rows: list[dict[str, Any]] = [
        {
            "weekday": rule.weekday,
            "starts": clock(rule.from_minute),
            "ends": clock(rule.to_minute),
            "valid_from": rule.valid_from,
            "valid_until": rule.valid_until,
        }
        for rule in rules
    ]
    return Week(initial=[*rows, *({"weekday": number} for number in WEEKDAYS)], prefix="week")


class CutForm(Worded, forms.ModelForm):  # type: ignore[type-arg]  # as above
    """How her time is cut into visits. Cleans; `keeping.keep_week` keeps what it has cleaned."""

    visit_minutes = forms.IntegerField(
        label=_("How long is a visit? In minutes."), min_value=5, max_value=480
    )
    buffer_before_minutes = forms.IntegerField(
        label=_("Minutes kept free before a visit"), min_value=0, max_value=240
    )
    buffer_after_minutes = forms.IntegerField(
        label=_("Minutes kept free after a visit"), min_value=0, max_value=240
    )
    step_minutes = forms.IntegerField(
        label=_("Minutes between the starts that are offered"),
        help_text=_("With 15, people may choose 9:00, 9:15, 9:30 and so on."),
        min_value=5,
        max_value=240,
    )
    lead_minutes = forms.IntegerField(
        label=_("How long before its start can a visit still be booked? In minutes."),
        help_text=_("120 is two hours, 1440 is a day."),
        min_value=0,
        max_value=30 * 24 * 60,
    )
    horizon_days = forms.IntegerField(
        label=_("How many days ahead can a visit be booked?"), min_value=1, max_value=365
    )
    visits_a_day = forms.IntegerField(
        label=_("The most visits of a day"),
        help_text=_("Left empty, as many as your hours hold."),
        min_value=1,
        max_value=100,
        required=False,
    )

    class Meta:
        model = Schedule
        fields = (
            "visit_minutes", "buffer_before_minutes", "buffer_after_minutes", "step_minutes",
            "lead_minutes", "horizon_days", "visits_a_day",
        )  # fmt: skip


class DateForm(Worded, forms.Form):
    """One date: closed, or with hours of its own."""

    on = CalendarField(label=_("Date"))
    starts = ClockField(
        label=_("From"), required=False, help_text=_("Without times, you are closed on this date.")
    )
    ends = ClockField(label=_("Until"), required=False)

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_on(self) -> date:
        return from_today(self.cleaned_data["on"], self.today)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = data.get("starts"), data.get("ends")
        if (starts is None) != (ends is None) and not self.errors:
            missing = "ends" if ends is None else "starts"
            self.add_error(missing, _("Say both times, or none to be closed on this date."))
        elif starts is not None and ends is not None and end_minute(ends) <= minute_of(starts):
            self.add_error("ends", ENDS_FIRST)
        return data

    def stated(self) -> DateException:
        starts, ends = self.cleaned_data["starts"], self.cleaned_data["ends"]
        if starts is None or ends is None:
            return DateException(self.cleaned_data["on"])
        return DateException(self.cleaned_data["on"], minute_of(starts), end_minute(ends))


class LeaveForm(Worded, forms.Form):
    first_on = CalendarField(label=_("First day away"))
    last_on = CalendarField(label=_("Last day away"))
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=Leave.Reason.choices,
        help_text=_("For the practice's calendar only. Patients never see it."),
    )

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_last_on(self) -> date:
        return from_today(self.cleaned_data["last_on"], self.today)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = data.get("first_on"), data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", ENDS_FIRST)
        return data


def from_today(day: date, today: date) -> date:
    if day < today:
        raise forms.ValidationError(_("This day is over. Choose today or a later day."))
    return day
