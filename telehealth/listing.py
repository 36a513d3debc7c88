"""What a therapist's profile lacks before people can find her: told on her own page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import profiles
from accounts.models import Provider


@dataclass(frozen=True)
class Missing:
    own: list[Any]  # what she says herself
    practice: list[Any]  # what the practice enters

    def __bool__(self) -> bool:
        return bool(self.own or self.practice)


def missing_of(provider: Provider, *, now: datetime) -> Missing:
    """Four queries at most, of a profile that nobody can find; none of one that is listed."""
    if provider.is_accepting:
        return Missing([], [])
    facts = profiles.missing_facts(provider, on=now.astimezone(provider.zoneinfo).date())
    if not provider.availability_rules.exists():
        facts = [*facts, _("Your weekly hours")]
    return Missing(profiles.missing_words(provider), facts)
