"""Hours and leave as calendars word them."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Provider
from appointments.availability import Interval
from appointments.models import Leave
from core import zones

ONE_DAY = timedelta(days=1)


def hours_words(times: Iterable[Interval], zone: ZoneInfo) -> list[str]:
    """Word open times of one day: ["9:00 AM to 12:00 PM", "1:00 PM to 5:00 PM"]."""
    return [
        _("%(start)s to %(end)s")
        % {"start": zones.wall_time(start, zone), "end": zones.wall_time(end, zone)}
        for start, end in times
    ]


def leave_words(
    providers: Sequence[Provider], *, first: date, last: date
) -> dict[tuple[int, date], str]:
    """Why each is away on which of the days, in the practice's neutral words. One query."""
    ids = [provider.pk for provider in providers]
    leaves = Leave.objects.filter(provider__in=ids, first_on__lte=last, last_on__gte=first)
    return {
        (leave.provider_id, day): str(Leave.Reason(leave.reason).label)
        for leave in leaves
        for day in days(max(first, leave.first_on), min(last, leave.last_on))
    }


def days(first: date, last: date) -> list[date]:
    return [first + number * ONE_DAY for number in range((last - first).days + 1)]
