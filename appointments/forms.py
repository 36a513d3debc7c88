"""What visitors send: their wishes, a time they choose, the zone they read times in."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core import validators
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.care_team import CareRelationship
from accounts.codes import (
    STATE_ZONES,
    AgeGroup,
    Concern,
    Gender,
    Identity,
    Language,
    Method,
    State,
)
from accounts.models import Provider
from appointments.changing_series import Scope
from appointments.parts import PARTS
from appointments.repeating import FEWEST, MOST, Rhythm
from appointments.wishes import WEIGHTS, Times, Wishes
from core import zones
from core.form_words import Worded

MOST_VERSIONS = 2**31 - 1  # as the database counts
YEARS = range(2000, 2200)  # in which a visit can be asked for
CHOOSE_STATE = {
    "required": _("Choose the state where you will be during the visit."),
    "invalid_choice": _("Choose a state from the list."),
}

PART_WORDS = {
    "morning": _("Morning, before noon"),
    "afternoon": _("Afternoon, noon to 5"),
    "evening": _("Evening, after 5"),
}
WEIGHT_WORDS = {
    "concern": _("Works with what brings me here"),
    "soon": _("Has a time soon"),
    "language": _("Speaks my language"),
    "identity": _("Is who I feel at ease with"),
    "times": _("Is free when I can come"),
}


def _with_blank(words: Any, choices: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [("", words), *choices]


class StateForm(Worded, forms.Form):
    """Where the visitor will be: without it we cannot say who may treat her."""

    state = forms.ChoiceField(
        label=_("Where are you?"),
        choices=_with_blank(_("Choose a state"), State.choices),
        error_messages=CHOOSE_STATE,
    )


class FindForm(StateForm):
    """The wishes of the directory's visitor, as they stand in the address."""

    concern = forms.ChoiceField(
        label=_("What brings you here?"),
        choices=_with_blank(_("Anything"), Concern.choices),
        required=False,
    )
    payer = forms.ChoiceField(label=_("Insurance"), required=False)
    max_fee = forms.IntegerField(
        label=_("Most you can pay for a visit, in dollars"),
        min_value=1,
        max_value=10_000,
        required=False,
        error_messages={"invalid": _("Write whole dollars, such as 120.")},
    )
    text = forms.CharField(label=_("A name or a word"), max_length=80, required=False)
    language = forms.ChoiceField(
        label=_("Language"), choices=_with_blank(_("Any"), Language.choices), required=False
    )
    method = forms.ChoiceField(
        label=_("Kind of therapy"), choices=_with_blank(_("Any"), Method.choices), required=False
    )
    age_group = forms.ChoiceField(
        label=_("Who is it for?"),
        choices=_with_blank(_("Anyone"), AgeGroup.choices),
        required=False,
    )
    weekday = forms.TypedChoiceField(
        label=_("Day"),
        choices=_with_blank(_("Any day"), [(str(n), words) for n, words in WEEKDAYS.items()]),
        coerce=int,
        empty_value=None,
        required=False,
    )
    part = forms.ChoiceField(
        label=_("Time of day"),
        choices=_with_blank(_("Any time"), [(name, PART_WORDS[name]) for name in PARTS]),
        required=False,
    )
    gender = forms.ChoiceField(
        label=_("Gender of the therapist"),
        choices=_with_blank(_("Any"), Gender.choices),
        required=False,
    )
    identities = forms.MultipleChoiceField(
        label=_("The therapist is"),
        choices=Identity.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    after = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)

    VISIT = ("text", "language", "method", "age_group", "weekday", "part")
    PERSON = ("gender", "identities")

    def __init__(self, *args: Any, payers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = _with_blank(_("Any, or none"), [(name, name) for name in payers])
        self.fields["payer"].choices = choices  # type: ignore[attr-defined]  # it is a ChoiceField
        for name, weight in WEIGHTS.items():
            self.fields[f"weight_{name}"] = forms.IntegerField(
                label=WEIGHT_WORDS[name],
                min_value=0,
                max_value=100,
                required=False,
                initial=weight,
                widget=forms.NumberInput(attrs={"placeholder": weight}),
            )

    def wishes(self, *, zone: ZoneInfo) -> Wishes:
        """Return what was asked for, with the days and hours of the visitor's own zone."""
        said = self.cleaned_data
        weights = {name: said[f"weight_{name}"] for name in WEIGHTS}
        has_times = said["weekday"] is not None or said["part"]
        same = ("state", "concern", "method", "language", "payer", "age_group", "gender", "text")
        return Wishes(
            **{name: said[name] for name in same},
            max_fee_cents=None if said["max_fee"] is None else said["max_fee"] * 100,
            identities=tuple(said["identities"]),
            times=Times(zone, said["weekday"], said["part"]) if has_times else None,
            weights={n: WEIGHTS[n] if w is None else w for n, w in weights.items()},
        )

    @property
    def asked(self) -> QueryDict:
        """What the address asks for, without what this form does not know."""
        known = QueryDict(mutable=True)
        assert isinstance(self.data, QueryDict)  # only what was sent is asked
        for name in filter(self.data.__contains__, self.fields):
            known.setlist(name, self.data.getlist(name))
        return known

    def visit_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.VISIT]

    def person_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.PERSON]

    def weight_fields(self) -> list[forms.BoundField]:
        return [self[f"weight_{name}"] for name in WEIGHTS]

    @property
    def has_visit(self) -> bool:
        return is_used(self.visit_fields())

    @property
    def has_person(self) -> bool:
        return is_used(self.person_fields())

    @property
    def has_weights(self) -> bool:
        return is_used(self.weight_fields())


def is_used(fields: list[forms.BoundField]) -> bool:
    """Whether one of them is filled in, or wrong: what is folded away is then shown."""
    return any(field.data or field.errors for field in fields)


class ProviderField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at run time
    def to_python(self, value: Any) -> Any:
        validators.ProhibitNullCharactersValidator()(value)  # the database would choke on them
        return super().to_python(value)


class InstantField(forms.CharField):
    """A time with its zone, as a button says it."""

    def clean(self, value: Any) -> datetime:
        try:
            at = datetime.fromisoformat(super().clean(value))
        except ValueError as error:
            raise forms.ValidationError(_("This is not a time.")) from error
        if at.tzinfo is None:
            raise forms.ValidationError(_("This time has no zone."))
        if at.year not in YEARS:  # at the ends of the calendar no arithmetic is possible
            raise forms.ValidationError(_("This is not a time."))
        return at.astimezone(UTC)


class EndCareForm(Worded, forms.Form):
    reason = forms.ChoiceField(
        label=_("Why does it end?"),
        choices=CareRelationship.EndReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes nearest.")},
    )


class HoldForm(Worded, forms.Form):
    """A time beside a provider's name. Nobody types it: it comes from a button."""

    provider = ProviderField(Provider.objects.all(), to_field_name="slug")
    starts_at = InstantField()
    state = forms.ChoiceField(choices=State.choices)


class AnyoneHoldForm(FindForm):
    """The same wishes with a time, which comes from a button."""

    starts_at = InstantField()


class ChoicesForm(Worded, forms.Form):
    """With what was chosen for dates on which something is in the way: `on-…` a field, each with
    another time, or with nothing to leave the date as it is."""

    PREFIX = "on-"

    def choices(self) -> dict[str, datetime | None]:
        """Return what was chosen, by the key of the occurrence. Only once the form is valid."""
        chosen: dict[str, datetime | None] = self.cleaned_data["choices"]
        return chosen

    def clean(self) -> dict[str, Any]:
        said = {
            name.removeprefix(self.PREFIX): value
            for name, value in self.data.items()
            if name.startswith(self.PREFIX)
        }
        times = {key: InstantField().clean(v) if v else None for key, v in said.items()}
        return {**self.cleaned_data, "choices": times}


class ScopeForm(Worded, forms.Form):
    """Which visits of a series are meant; of a visit alone, that one."""

    scope = forms.ChoiceField(choices=Scope.choices, required=False)

    def clean_scope(self) -> str:
        return self.cleaned_data["scope"] or Scope.THIS


class MoveForm(ScopeForm, ChoicesForm):
    """The time that a visit is to have, and which version of the visit its reader saw."""

    starts_at = InstantField()
    version = forms.IntegerField(min_value=0, max_value=MOST_VERSIONS)


class RepeatForm(ChoicesForm):
    """How often a visit repeats, and how many times or until when."""

    every_weeks = forms.TypedChoiceField(
        label=_("How often?"),
        choices=[
            (1, _("Every week")),
            (2, _("Every two weeks")),
            (3, _("Every three weeks")),
            (4, _("Every four weeks")),
        ],
        coerce=int,
    )
    count = forms.IntegerField(
        label=_("How many visits, this one included?"),
        min_value=FEWEST,
        max_value=MOST,
        required=False,
        error_messages={
            "min_value": _("Write a number from 2 to 53."),
            "max_value": _("Write a number from 2 to 53."),
            "invalid": _("Write a number from 2 to 53."),
        },
    )
    until = forms.DateField(
        label=_("Or until which day?"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, first: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first = first

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not self.errors and (said["count"] is None) == (said["until"] is None):
            raise forms.ValidationError(_("Say how many visits, or until which day: one of both."))
        if said.get("until") and self._count_until(said["until"], said["every_weeks"]) < FEWEST:
            self.add_error("until", _("Choose a day on which at least one more visit can be."))
        return said

    def _count_until(self, until: date, every_weeks: int) -> int:
        return min(MOST, (until - self.first).days // (7 * every_weeks) + 1)

    def rhythm(self) -> Rhythm:
        said = self.cleaned_data
        count = said["count"] or self._count_until(said["until"], said["every_weeks"])
        return Rhythm(said["every_weeks"], count)


class SinceForm(Worded, forms.Form):
    """From which day on times are shown; nobody types it."""

    since = forms.DateField()

    def clean_since(self) -> date:
        since: date = self.cleaned_data["since"]
        if since.year not in YEARS:
            raise forms.ValidationError(_("This is not a day."))
        return since


class ZoneForm(Worded, forms.Form):
    """The zone in which times are shown."""

    zone = forms.ChoiceField(label=_("Show times in"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict.fromkeys([*STATE_ZONES.values(), zones.current().key])
        choices = [(name, zones.label(ZoneInfo(name))) for name in names]
        self.fields["zone"].choices = choices  # type: ignore[attr-defined]  # it is a ChoiceField
        self.initial = {"zone": zones.current().key}
