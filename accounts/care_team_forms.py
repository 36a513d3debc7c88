"""What a practice admin decides: who else cares for a patient."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.care_team import WORKS_AS, Care
from accounts.models import Membership, Patient, Practice
from core.form_words import Worded

ASSIGNED = [Care.COVERING, Care.SUPERVISING, Care.PEER]  # treating begins with a visit


def by_words(choice: tuple[Any, str]) -> str:
    """For sorting: names are sealed at rest, so the database cannot."""
    return choice[1].casefold()


class PatientField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, patient: Any) -> str:
        return str(patient.name)


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]  # as above
    def label_from_instance(self, member: Any) -> str:
        return f"{member.user.display_name}, {member.get_role_display()}"


class AssignForm(Worded, forms.Form):
    """Offers the practice's own people only; what is not offered cannot be chosen."""

    patient = PatientField(
        label=_("Patient"),
        queryset=Patient.objects.none(),
        error_messages={"required": _("Choose a patient.")},
    )
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
    until = forms.DateField(
        label=_("Until, this day included"),
        required=False,
        help_text=_("Standing in always has an end."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, data: Any, *, practice: Practice, now: datetime) -> None:
        super().__init__(data)
        self.zone, self.now = ZoneInfo(practice.zone), now
        patients = practice.patients.order_by("pk")
        members = practice.memberships.filter(role__in=set(WORKS_AS.values()))
        field: Any = self.fields["patient"]
        field.queryset = patients
        field.choices = [*list(field.choices)[:1], *sorted(list(field.choices)[1:], key=by_words)]
        self.fields["member"].queryset = (  # type: ignore[attr-defined]  # as above
            members.select_related("user__provider").order_by("role", "user__email")
        )

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        if day is None:
            return None
        end = datetime.combine(day + timedelta(days=1), time(), self.zone)
        if end <= self.now:
            raise forms.ValidationError(_("Choose today or a later day."))
        return end

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        member, role = data.get("member"), data.get("role")
        if member and role and member.role != WORKS_AS[role]:
            self.add_error("role", _("Their role in the practice does not go with this."))
        if role == Care.COVERING and "until" in data and data["until"] is None:
            self.add_error("until", _("Say until when."))
        return data
