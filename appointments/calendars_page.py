"""What the page of a person's calendars shows."""

from datetime import datetime
from typing import Any

from accounts.models import Provider, User
from appointments import importing
from appointments.models import CalendarFeed, ExternalCalendar


def of(user: User, *, now: datetime) -> dict[str, Any]:
    page: dict[str, Any] = {"feed": CalendarFeed.objects.of_user(user)}
    provider = Provider.objects.filter(user=user).first()
    if provider is None:
        return page
    kept = ExternalCalendar.objects.kept_by(user)
    return page | {
        "is_provider": True,
        "external": [{"calendar": one, "is_stale": one.is_stale(now=now)} for one in kept],
        "conflicts": importing.conflicts(provider, now=now),
    }
