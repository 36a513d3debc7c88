"""Template filters that word money and time the same way everywhere."""

from datetime import date, datetime, timedelta

from django import template

from core import money, zones

register = template.Library()


@register.filter
def dollars(cents: int) -> str:
    return money.dollars(cents)


@register.filter
def full_time(at: datetime) -> str:
    """An instant in the reader's zone, with its label."""
    return zones.full(at, zones.current())


@register.filter
def wall_time(at: datetime) -> str:
    """The time of day in the reader's zone; the page names the zone once beside it."""
    return zones.wall_time(at, zones.current())


@register.filter
def wall_date(at: datetime) -> str:
    return zones.wall_date(at, zones.current())


@register.filter
def short_date(day: date) -> str:
    return zones.short_date(day)


@register.filter
def clock_time(minute: int) -> str:
    """A minute of the day on somebody's wall: "9:30 AM". 1440 is midnight."""
    return zones.clock_time(minute)


@register.filter
def last_day(end: datetime) -> str:
    """Word the last day on which something holds that is over at `end`."""
    return zones.wall_date(end - timedelta(microseconds=1), zones.current())


@register.simple_tag
def zone_label() -> str:
    """The reader's zone in words."""
    return zones.label(zones.current())
