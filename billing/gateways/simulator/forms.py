"""The card form of the simulator's page. What is typed here is looked up, never kept."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.gateways.simulator import cards
from core.form_words import Worded

# So that no browser offers a real card here.
NEVER_FILL = {"autocomplete": "off", "inputmode": "numeric"}


class TestCardForm(Worded, forms.Form):
    number = forms.CharField(
        label=_("Card number"),
        help_text=_("One of the test cards below. Never a real one."),
        max_length=23,
        widget=forms.TextInput(attrs=NEVER_FILL),
    )
    expires = forms.CharField(
        label=_("Valid until"),
        help_text=_("Month and year, such as 12/34."),
        max_length=7,
        widget=forms.TextInput(attrs=NEVER_FILL),
    )
    cvc = forms.RegexField(
        label=_("Security code"),
        help_text=_("Any three digits."),
        regex=r"^\d{3,4}$",
        error_messages={"invalid": _("Type the three digits, such as 123.")},
        widget=forms.TextInput(attrs=NEVER_FILL),
    )

    __test__ = False  # pytest would take the class for a test

    def clean_number(self) -> cards.TestCard:
        digits = re.sub(r"[\s-]", "", self.cleaned_data["number"])
        if digits not in cards.BY_NUMBER:
            raise forms.ValidationError(_("This is not a test card. Choose one from the list."))
        return cards.BY_NUMBER[digits]

    def clean_expires(self) -> tuple[int, int]:
        """Return year and month."""
        typed = re.fullmatch(
            r"\s*(0?[1-9]|1[0-2])\s*/\s*(?:20)?(\d\d)\s*", self.cleaned_data["expires"]
        )
        if typed is None:
            raise forms.ValidationError(_("Type month and year, such as 12/34."))
        return 2000 + int(typed[2]), int(typed[1])

    def refuse(self, code: str) -> None:
        """Say on the form why the card could not be saved."""
        words: dict[str, Any] = {
            "expired_card": _("This card has expired. Use another one."),
            "insufficient_funds": _("The bank says there is not enough money on this card."),
        }
        self.add_error(
            "number", words.get(code, _("The bank declined this card. Try another one."))
        )
