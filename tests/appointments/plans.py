"""Plans for tests, written as people say them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from appointments.availability import DateException, Plan, Rule

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


def make_plan(zone, *rules, exceptions=(), duration=50, before=0, after=0, step=15, lead=0):
    return Plan(
        zone=zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone),
        rules=rules,
        exceptions=tuple(exceptions),
        duration_minutes=duration,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        step_minutes=step,
        lead_minutes=lead,
    )


def weekly(weekday, hours, **valid):
    """Return the rule of `weekly(MONDAY, "09:00-12:00")`."""
    return Rule(weekday, *minutes(hours), **valid)


def on(date, hours=None):
    """Return the exception of `on(date, "09:00-12:00")`, or of a day off."""
    return DateException(date, *minutes(hours)) if hours else DateException(date)


def minutes(hours):
    return [int(time[:2]) * 60 + int(time[3:]) for time in hours.split("-")]


def utc(text):
    """Return the instant of `utc("2027-03-01 09:00")`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start, end):
    return utc(start), utc(end)


def day(text):
    """Return the window of a date and a day to each side, wide enough for any zone's date."""
    return utc(text) - timedelta(days=1), utc(text) + timedelta(days=2)


def clock(found, zone="UTC"):
    """Return the wall times of slots as `"09:00"`."""
    return [f"{start.astimezone(ZoneInfo(zone)):%H:%M}" for start in found]
