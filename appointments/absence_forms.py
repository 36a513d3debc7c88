"""When a provider cannot work, and what is to become of each visit then."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider
from appointments.absence import Absence, Choice, Deed
from appointments.forms import MOST_VERSIONS, InstantField
from appointments.hours_forms import ClockField, DateForm
from appointments.keeping import Minutes


class AbsenceForm(DateForm):
    starts = ClockField(
        label=_("From"), required=False, help_text=_("Without times: the whole day.")
    )

    def __init__(self, data: Any = None, *, provider: Provider, today: date) -> None:
        super().__init__(data, today=today)
        self.provider = provider

    def absence(self) -> Absence:
        """Only once the form is valid."""
        stated = self.stated()
        minutes: Minutes | None = None
        if stated.from_minute is not None and stated.to_minute is not None:
            minutes = (stated.from_minute, stated.to_minute)
        return Absence(self.provider, stated.on, minutes)


class SettleForm(AbsenceForm):
    """The same with a choice for each visit, which nobody types: `visit-…` holds an option, and
    `version-…` which version of the visit its reader saw."""

    PREFIX = "visit-"

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        known = {one.slug: one for one in self.provider.practice.providers.all()}
        names = [name for name in self.data if name.startswith(self.PREFIX)]
        return said | {"choices": [self._choice(name, known) for name in names]}

    def _choice(self, name: str, known: dict[str, Provider]) -> Choice:
        visit, (deed, *rest) = name.removeprefix(self.PREFIX), self.data[name].split() or [""]
        try:
            version = int(self.data.get(f"version-{visit}", ""))
            choice = Choice(UUID(visit), version, Deed(deed), *self._details(deed, rest, known))
        except (ValueError, KeyError) as error:
            raise forms.ValidationError(
                _("We could not read what was chosen. Nothing was changed. Choose again.")
            ) from error
        if not 0 <= version <= MOST_VERSIONS:
            raise forms.ValidationError(_("This is no version of a visit."))
        return choice

    @staticmethod
    def _details(
        deed: str, rest: list[str], known: dict[str, Provider]
    ) -> tuple[datetime | None, Provider | None]:
        """
        :raises ValueError: if there are more or fewer than the deed has
        :raises KeyError: if nobody here has that name
        """
        if deed == Deed.REPLACE:
            slug, at = rest
            return InstantField().clean(at), known[slug]
        if deed == Deed.MOVE:
            [at] = rest
            return InstantField().clean(at), None
        [] = rest
        return None, None
