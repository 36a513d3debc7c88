"""What a therapist's profile lacks before people can find her: told on her own page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts import profiles
from accounts.models import Provider


@dataclass(frozen=True)
class Missing:
    own: list[Any]  # what she says herself
    practice: list[Any]  # what the practice enters
    hours: bool = False  # kept by her, or by the practice for her

    def __bool__(self) -> bool:
        return bool(self.own or self.practice or self.hours)


def missing_of(provider: Provider, *, now: datetime) -> Missing:
    """Four queries at most, of a profile that nobody can find; none of one that is listed."""
    if provider.is_accepting:
        return Missing([], [])
    facts = profiles.missing_facts(provider, on=now.astimezone(provider.zoneinfo).date())
    has_hours = provider.availability_rules.exists()
    return Missing(profiles.missing_words(provider), facts, hours=not has_hours)
