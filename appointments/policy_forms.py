"""What an admin enters of the cancellation policy."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.entry_forms import DayField, DollarsField
from appointments.policies import A_WEEK
from core.form_words import Worded


class CancellationPolicyForm(Worded, forms.Form):
    valid_from = DayField(
        label=_("First day"),
        help_text=_("It holds for visits that are booked on this day or later."),
    )
    free_hours = forms.IntegerField(
        label=_("Hours before the start until which cancelling is free"),
        help_text=_("0: until it starts. At most 168, a week."),
        min_value=0,
        max_value=A_WEEK,
    )
    late_fee_cents = DollarsField(
        label=_("Fee for cancelling or moving later than that, in dollars"),
        help_text=_("0: none. Nobody pays more than the visit itself would have cost."),
        min_value=0,
    )
    noshow_fee_cents = DollarsField(
        label=_("Fee for not coming, in dollars"), help_text=_("0: none."), min_value=0
    )
