"""What a supervisor proposes: whom, and until when."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Practice, Provider
from core.form_words import Worded
from core.last_day import LastDayField, end_of

LONGEST = timedelta(days=2 * 366)


class SuperviseeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, provider: Any) -> str:
        return str(provider.title or provider.user.email)


class ProposalForm(Worded, forms.Form):
    supervisee = SuperviseeField(
        label=_("Whose notes will you read?"),
        queryset=Provider.objects.none(),
        error_messages={"required": _("Choose a therapist.")},
    )
    until = LastDayField(
        error_messages={"required": _("Choose a day.")},
    )

    def __init__(self, data: Any, *, practice: Practice, now: datetime) -> None:
        super().__init__(data)
        self.zone, self.now = ZoneInfo(practice.zone), now
        working = Membership.objects.filter(practice=practice, role=Membership.Role.PROVIDER)
        providers = practice.providers.filter(user__in=working.values("user"))
        self.fields["supervisee"].queryset = providers.select_related("user").order_by("name")  # type: ignore[attr-defined]  # of its fields

    def clean_until(self) -> datetime:
        end = end_of(self.cleaned_data["until"], self.zone)
        if not self.now < end <= self.now + LONGEST:
            raise forms.ValidationError(_("Choose a day from today on, within two years."))
        return end
