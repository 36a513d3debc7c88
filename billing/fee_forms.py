"""What is said of a proposed fee, and of a visit that was not missed after all."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.entry_forms import DollarsField, dollars
from appointments.missing import TakenBack
from billing.models import FeeDecision, FeeProposal
from core.form_words import Worded

Reason = FeeDecision.Reason
BY_RULE = (Reason.FIRST, Reason.TAKEN_BACK)  # what nobody chooses
WAIVERS = [(one.value, one.label) for one in Reason if one not in BY_RULE]


class FeeChargeForm(Worded, forms.Form):
    amount_cents = DollarsField(
        label=_("Fee to charge, in dollars"), help_text=_("As proposed, or less.")
    )

    @classmethod
    def of(cls, proposal: FeeProposal) -> "FeeChargeForm":
        return cls(initial={"amount_cents": dollars(proposal.amount_cents)})


class FeeWaiverForm(Worded, forms.Form):
    reason: Any = forms.ChoiceField(label=_("Why"), choices=[("", _("Choose one")), *WAIVERS])


class NoshowEndForm(Worded, forms.Form):
    taken_back: Any = forms.ChoiceField(
        label=_("What happened"), choices=[("", _("Choose one")), *TakenBack.choices]
    )
