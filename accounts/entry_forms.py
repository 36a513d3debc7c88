"""What the practice enters of a therapist."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import licensure, npi
from accounts.codes import State
from accounts.models import Provider
from accounts.names import LineField, tidy
from core.form_words import Worded
from core.last_day import LATEST

MOST_PAYERS, LONGEST_PAYER = 40, 60
MOST_DOLLARS = 5000
EARLIEST = date(1940, 1, 1)
AMOUNT = _("Write an amount in dollars, such as 150 or 150.50.")
COMPACTS = [("", _("None: a state's own license")), *licensure.NAMES.items()]


class DollarsField(forms.DecimalField):
    """Dollars as people write them; cleaned, cents."""

    def __init__(self, **options: Any) -> None:
        words = dict.fromkeys(("invalid", "max_digits", "max_decimal_places"), AMOUNT)
        words["max_whole_digits"] = AMOUNT
        bounds = {"min_value": 1, "max_value": MOST_DOLLARS, "max_digits": 6, "decimal_places": 2}
        super().__init__(error_messages=words, **bounds | options)

    def clean(self, value: Any) -> int | None:
        dollars: Decimal | None = super().clean(value)
        return None if dollars is None else int(dollars * 100)


class EntryForm(Worded, forms.Form):
    npi = LineField(
        label=_("National Provider Identifier (NPI)"),
        help_text=_("Ten digits."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    fee_cents = DollarsField(label=_("Fee of a visit, in dollars"))
    sliding_fee_cents = DollarsField(label=_("Lowest fee by agreement, in dollars"), required=False)
    payers = forms.CharField(
        label=_("Insurers"),
        help_text=_("One on a line, as people call them."),
        required=False,
        max_length=MOST_PAYERS * (LONGEST_PAYER + 2),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    @classmethod
    def of(cls, provider: Provider) -> "EntryForm":
        return cls(
            initial={
                "npi": provider.npi,
                "fee_cents": dollars(provider.fee_cents),
                "sliding_fee_cents": dollars(provider.sliding_fee_cents),
                "payers": "\n".join(provider.payers),
            }
        )

    def clean_npi(self) -> str:
        number = "".join(self.cleaned_data["npi"].split())
        if not npi.is_valid(number):
            raise forms.ValidationError(
                _("This is no NPI: its last digit does not fit the others. Compare it once more.")
            )
        return number

    def clean_payers(self) -> list[str]:
        lines = filter(None, map(tidy, self.cleaned_data["payers"].splitlines()))
        payers = list(dict.fromkeys(lines))
        if len(payers) > MOST_PAYERS or any(len(one) > LONGEST_PAYER for one in payers):
            raise forms.ValidationError(
                _("Keep it to 40 insurers, each with a name of 60 characters at most.")
            )
        return payers

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        fee, lowest = data.get("fee_cents"), data.get("sliding_fee_cents")
        if fee and lowest and lowest >= fee:
            self.add_error("sliding_fee_cents", _("The lowest fee is below the fee, or left out."))
        return data


def dollars(cents: int | None) -> Decimal | None:
    """What the field shows; nothing where no fee has been entered."""
    return Decimal(cents) / 100 if cents else None


class DayField(forms.DateField):
    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}), **options)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(_("Choose a day between the years 1940 and 2199."))
        return day


class LicenceForm(Worded, forms.Form):
    state = forms.ChoiceField(
        label=_("State that issued it"),
        help_text=_("For a compact, the home state."),
        choices=[("", _("Choose a state")), *State.choices],
    )
    compact = forms.ChoiceField(label=_("Compact"), choices=COMPACTS, required=False)
    number = LineField(label=_("Number"), max_length=40)
    valid_from = DayField(label=_("First day on which it is valid"))
    valid_until = DayField(label=_("Last day on which it is valid"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = data.get("valid_from"), data.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("It ends before it begins. Choose a later day."))
        return data


class LicenceEndForm(Worded, forms.Form):
    last_on = DayField(label=_("Last day on which it counts"))
