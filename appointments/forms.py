"""What visitors send: their wishes, a time they choose, the zone they read times in."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _

from accounts.care_team import CareRelationship
from accounts.codes import STATE_ZONES, Concern, Language, State
from accounts.models import Provider
from core import zones
from core.form_words import Worded

YEARS = range(2000, 2200)  # in which a visit can be asked for
CHOOSE_STATE = {
    "required": _("Choose the state where you will be during the visit."),
    "invalid_choice": _("Choose a state from the list."),
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
    language = forms.ChoiceField(
        label=_("Language"), choices=_with_blank(_("Any"), Language.choices), required=False
    )
    payer = forms.ChoiceField(label=_("Insurance"), required=False)
    max_fee = forms.IntegerField(
        label=_("Most you can pay for a visit, in dollars"),
        min_value=1,
        max_value=10_000,
        required=False,
        error_messages={"invalid": _("Write whole dollars, such as 120.")},
    )

    def __init__(self, *args: Any, payers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = _with_blank(_("Any, or none"), [(name, name) for name in payers])
        self.fields["payer"].choices = choices  # type: ignore[attr-defined]  # it is a ChoiceField

    def wishes(self) -> dict[str, Any]:
        """Return the arguments of `directory.find`."""
        wishes = dict(self.cleaned_data)
        max_fee = wishes.pop("max_fee")
        return {**wishes, "max_fee_cents": None if max_fee is None else max_fee * 100}

    @property
    def has_details(self) -> bool:
        """Whether a field is used, or wrong, that is folded away at first."""
        folded = [self[name] for name in ("language", "payer", "max_fee")]
        return any(field.data or field.errors for field in folded)


class ProviderField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at run time
    def to_python(self, value: Any) -> Any:
        validators.ProhibitNullCharactersValidator()(value)  # the database would choke on them
        return super().to_python(value)


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
    starts_at = forms.CharField()
    state = forms.ChoiceField(choices=State.choices)

    def clean_starts_at(self) -> datetime:
        try:
            at = datetime.fromisoformat(self.cleaned_data["starts_at"])
        except ValueError as error:
            raise forms.ValidationError(_("This is not a time.")) from error
        if at.tzinfo is None:
            raise forms.ValidationError(_("This time has no zone."))
        if at.year not in YEARS:  # at the ends of the calendar no arithmetic is possible
            raise forms.ValidationError(_("This is not a time."))
        return at.astimezone(UTC)


class ZoneForm(Worded, forms.Form):
    """The zone in which times are shown."""

    zone = forms.ChoiceField(label=_("Show times in"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict.fromkeys([*STATE_ZONES.values(), zones.current().key])
        choices = [(name, zones.label(ZoneInfo(name))) for name in names]
        self.fields["zone"].choices = choices  # type: ignore[attr-defined]  # it is a ChoiceField
        self.initial = {"zone": zones.current().key}
