"""What a patient tells about herself, or a guardian about a child."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.codes import STATE_ZONES
from accounts.models import Patient
from accounts.names import LineField
from core import zones
from core.form_words import Worded

OLDEST = timedelta(days=130 * 366)
ME, CHILD = "me", "child"
GUARDIAN = ("guardian_name", "guardian_relation")
LINES = ("legal_name", "preferred_name", "emergency_name", "emergency_relation", *GUARDIAN)


class AskedForChild(forms.TextInput):
    """Without `required`: the browser would not send a form with an empty field that is hidden."""

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class PhoneField(forms.CharField):
    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return phones.parse(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("Write the number with its area code, such as 312-555-0123.")
            ) from error


class AboutYouForm(Worded, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Cleans; `accounts.patients.save_profile` keeps what it has cleaned."""

    who = forms.ChoiceField(
        label=_("Who will see the therapist?"),
        choices=[(ME, _("Me")), (CHILD, _("A child I am the parent or guardian of"))],
        initial=ME,
        widget=forms.RadioSelect,
    )
    date_of_birth = forms.DateField(
        label=_("Date of birth"),
        widget=forms.DateInput({"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    phone = PhoneField(
        label=_("Your phone number"),
        help_text=_("We call it only if a visit breaks off or we worry about you."),
    )
    zone = forms.ChoiceField(
        label=_("Your time zone"), help_text=_("All times are shown to you in it.")
    )
    emergency_phone = PhoneField(label=_("Their phone number"))

    class Meta:
        model = Patient
        fields = [
            "legal_name",
            "preferred_name",
            "date_of_birth",
            "phone",
            "state",
            "zone",
            "emergency_name",
            "emergency_relation",
            "emergency_phone",
            "guardian_name",
            "guardian_relation",
        ]
        field_classes = dict.fromkeys(LINES, LineField)
        labels = {
            "legal_name": _("Full legal name"),
            "preferred_name": _("What should we call you?"),
            "state": _("The state you live in"),
            "emergency_name": _("Their full name"),
            "emergency_relation": _("Who they are to you"),
            "guardian_name": _("Your full name"),
            "guardian_relation": _("Who you are to the child"),
        }
        help_texts = {
            "legal_name": _("As on your ID. Your therapist and the billing staff see it."),
            "preferred_name": _("If it is another name. We use it everywhere else."),
            "emergency_relation": _("Such as sister, friend or neighbor."),
            "guardian_relation": _("Such as mother, grandfather or legal guardian."),
        }
        widgets = {
            "legal_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "preferred_name": forms.TextInput(attrs={"autocomplete": "nickname"}),
            "guardian_name": AskedForChild(attrs={"autocomplete": "section-guardian name"}),
            "guardian_relation": AskedForChild,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in GUARDIAN:
            self.fields[name].required = self.data.get("who") != ME
        if self.instance.guardian_name:
            self.initial["who"] = CHILD
        own = self.initial.get("zone", "")
        self.fields["zone"].choices = zone_choices(own)  # type: ignore[attr-defined]  # of ChoiceField

    def clean_date_of_birth(self) -> date:
        born_on: date = self.cleaned_data["date_of_birth"]
        today = timezone.localdate()
        if not today - OLDEST <= born_on < today:
            raise forms.ValidationError(_("Check the year: this is not a date of birth."))
        return born_on

    def clean(self) -> dict[str, Any]:
        """Who comes for herself has no guardian, whatever was typed before she said so."""
        super().clean()
        if self.cleaned_data.pop("who", "") == ME:
            self.cleaned_data |= dict.fromkeys(GUARDIAN, "")
        return self.cleaned_data


def zone_choices(own: str) -> list[tuple[str, str]]:
    """The zones of the states, and the person's own where it is another."""
    names = dict.fromkeys(STATE_ZONES.values())
    if own in zones.known():
        names[own] = None
    return [(name, zones.label(ZoneInfo(name))) for name in names]
