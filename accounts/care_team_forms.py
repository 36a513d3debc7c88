"""What a practice admin decides: who else cares for a patient."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.care_team import WORKS_AS, Care
from accounts.identity_fields import IdentityFields
from accounts.models import Membership, Patient, Practice
from core.form_words import Worded
from core.last_day import LastDayField, end_of

ASSIGNED = [Care.COVERING, Care.SUPERVISING, Care.PEER]  # treating begins with a visit


NOBODY = _(
    "Nobody in your practice has exactly this name and date of birth. Check both; a name may be"
    " registered in another spelling."
)
SEVERAL = _("Two patients share this name and date of birth, so nothing says which one you mean.")


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, member: Any) -> str:
        return f"{member.user.display_name}, {member.get_role_display()}"


class AssignForm(Worded, IdentityFields):
    """The practice's own people only. The patient is named, so that no list of all is shown."""

    member = MemberField(
        label=_("Who"),
        queryset=Membership.objects.none(),
        error_messages={"required": _("Choose someone.")},
    )
    role = forms.ChoiceField(
        label=_("As what"),
        choices=[(role.value, role.label) for role in ASSIGNED],
        help_text=_("Who stands in or supervises reads signed notes. Peer support sees contact."),
    )
    until = LastDayField(required=False, help_text=_("Standing in always has an end."))

    def __init__(self, data: Any, *, practice: Practice, now: datetime) -> None:
        super().__init__(data)
        self.zone, self.now = ZoneInfo(practice.zone), now
        self.patients = practice.patients
        members = practice.memberships.filter(role__in=set(WORKS_AS.values()), user__is_active=True)
        self.fields["member"].queryset = (  # type: ignore[attr-defined]  # as above
            members.select_related("user__provider").order_by("role", "user__provider__name", "pk")
        )

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        if day is None:
            return None
        end = end_of(day, self.zone)
        if end <= self.now:
            raise forms.ValidationError(_("Choose today or a later day."))
        return end

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "legal_name" in data and "born_on" in data:
            data["patient"] = self.named()
        member, role = data.get("member"), data.get("role")
        if member and role and member.role != WORKS_AS[role]:
            self.add_error("role", _("Their role in the practice does not go with this."))
        if role == Care.COVERING and "until" in data and data["until"] is None:
            self.add_error("until", _("Say until when."))
        return data

    def named(self) -> Patient | None:
        who = self.who()
        found = list(self.patients.known_as(who["legal_name"], born_on=who["born_on"])[:2])
        if len(found) == 1:
            return found[0]
        self.add_error("legal_name", SEVERAL if found else NOBODY)
        return None
