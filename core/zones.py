"""Time zones as people name them, and the one way in which a time is written."""

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    get_timezone_location,
    get_timezone_name,
)
from django.utils import timezone
from django.utils.translation import get_language, to_locale

# Where no place keeps the time, as on many servers, "Unknown Region (UTC) Time" is all CLDR has.
_PLACELESS = {"UTC", "UCT", "Zulu", "Universal", "GMT", "Greenwich", "Etc/UTC", "Etc/GMT"}


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """
    The IANA zone names of this machine in which people live, and UTC.

    Fixed offsets such as "Etc/GMT+5" have no name that a reader knows, and no summer; "localtime"
    would be the server's own.
    """
    names = frozenset(available_timezones()) - {"localtime", "Factory"}
    offsets = {name for name in names if name.startswith(("Etc/", "GMT"))}
    return names - (offsets - _PLACELESS)


def current() -> ZoneInfo:
    """The reader's zone, as activated for this request."""
    zone = timezone.get_current_timezone()
    assert isinstance(zone, ZoneInfo)  # Django is given ZoneInfo only
    return zone


def label(zone: ZoneInfo) -> str:
    """Name a zone in words: "Central Time (Chicago)"."""
    if zone.key in _PLACELESS:
        return str(get_timezone_name(zone, zone_variant="standard", locale=_locale()))
    name = get_timezone_name(zone, zone_variant="generic", locale=_locale())
    city = get_timezone_location(zone, locale=_locale(), return_city=True)
    return f"{name} ({city})"


def wall_time(at: datetime, zone: ZoneInfo) -> str:
    """Word the time of day: "10:15 AM"."""
    return str(format_time(at.astimezone(zone), format="short", tzinfo=zone, locale=_locale()))


def clock_time(minute: int) -> str:
    """Word a minute of any day, counted from midnight; 1440 is midnight as well."""
    at = time(*divmod(minute % (24 * 60), 60))
    return str(format_time(at, format="short", locale=_locale()))


def wall_date(at: datetime | date, zone: ZoneInfo | None = None) -> str:
    """Word a day: "Thursday, December 3, 2026"."""
    day = at.astimezone(zone).date() if isinstance(at, datetime) else at
    return str(format_date(day, format="full", locale=_locale()))


def short_date(day: date) -> str:
    """Word a day among others of its year: "Thu, Dec 3"."""
    return str(format_skeleton("MMMEd", day, locale=_locale()))


def long_date(day: date) -> str:
    """Word a day without its weekday: "December 3, 2026"."""
    return str(format_date(day, format="long", locale=_locale()))


def month(day: date) -> str:
    """Word the month of a day: "December 2026"."""
    return str(format_skeleton("yMMMM", day, locale=_locale()))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day where `zone` is kept."""
    return datetime.combine(day, time(), zone)


def full(at: datetime, zone: ZoneInfo) -> str:
    """Word an instant the same way on every page, mail and invitation.

    "Thursday, December 3, 2026, 10:15 AM, Central Time (Chicago)"
    """
    return f"{wall_date(at, zone)}, {wall_time(at, zone)}, {label(zone)}"


def _locale() -> str:
    return to_locale(get_language() or "en-us")
