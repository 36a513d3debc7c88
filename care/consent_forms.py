"""Signing: a tick under each text, and the full name."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _

from accounts.models import Patient
from accounts.names import LineField, is_same
from care.consents import Document, signer_of
from core.form_words import Worded
from core.last_day import LastDayField, end_of


class SignForm(Worded, forms.Form):
    """Has the fields `agree-<kind>` and `sha256-<kind>` for each document, and `signed_name`."""

    def __init__(self, data: Any, *, documents: Sequence[Document], patient: Patient) -> None:
        super().__init__(data)
        self.documents, self.signer = documents, signer_of(patient)
        for document in documents:
            self.fields[f"agree-{document.kind}"] = forms.BooleanField(
                label=_("I have read “%(title)s” and agree") % {"title": document.title},
                error_messages={
                    "required": _("Tick this if you agree. We need it before a visit.")
                },
            )
            self.fields[f"sha256-{document.kind}"] = forms.CharField(
                widget=forms.HiddenInput, initial=document.sha256
            )
        self.fields["signed_name"] = LineField(
            label=name_label(patient),
            help_text=_("Typing it here is your signature: %(name)s.") % {"name": self.signer},
            max_length=120,
            widget=forms.TextInput(attrs={"autocomplete": "name"}),
            error_messages={"required": _("Type your full name to sign.")},
        )

    def clean_signed_name(self) -> str:
        """Another name would be no signature of the person who agrees."""
        signed_name: str = self.cleaned_data["signed_name"]
        if not is_same(signed_name, self.signer):
            raise forms.ValidationError(
                _(
                    "We know you as %(name)s. Type that name to sign. If it is not right, change it"
                    " under “About you” first."
                )
                % {"name": self.signer}
            )
        return signed_name

    @property
    def parts(self) -> list[tuple[Document, forms.BoundField, forms.BoundField]]:
        """Each text with its tick and its hash."""
        return [(d, self[f"agree-{d.kind}"], self[f"sha256-{d.kind}"]) for d in self.documents]

    @property
    def shown(self) -> dict[str, str]:
        """The hashes of the texts that were on the page, by kind. Of a valid form."""
        return {d.kind: self.cleaned_data[f"sha256-{d.kind}"] for d in self.documents}


class PermitForm(SignForm):
    """One text that nobody has to sign, for as long as the patient likes."""

    def __init__(self, data: Any, *, document: Document, patient: Patient, today: date) -> None:
        super().__init__(data, documents=[document], patient=patient)
        self.today, self.zone = today, ZoneInfo(patient.zone)
        self.fields[f"agree-{document.kind}"].error_messages["required"] = _(
            "Tick this if you agree. If not, leave this page: nothing changes."
        )
        self.fields["until"] = LastDayField(
            help_text=_("Leave it empty, and it counts until you take it back."), required=False
        )

    def clean_until(self) -> datetime | None:
        """The moment at which the last day is over where the patient lives."""
        if (day := self.cleaned_data["until"]) is None:
            return None
        if day < self.today:
            raise forms.ValidationError(_("Choose a day from today on, or leave it empty."))
        return end_of(day, self.zone)


def name_label(patient: Patient) -> str:
    """Say whose name it is: a guardian signs for a child."""
    if patient.guardian_name:
        return _("Your full name, as parent or guardian of %(child)s") % {"child": patient.name}
    return _("Your full name")
