"""What the pages of hours show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from accounts.models import Provider
from appointments import offers
from appointments.hours_forms import BaseWeek, CutForm, DateForm, LeaveForm, week_of
from appointments.models import Appointment, AvailabilityRule
from core import zones


def today(provider: Provider, *, now: datetime) -> date:
    """The day it is where she works."""
    return now.astimezone(provider.zoneinfo).date()


def week_page(
    provider: Provider, *, week: BaseWeek | None = None, cut: CutForm | None = None, **news: Any
) -> dict[str, Any]:
    rules = list(provider.availability_rules.order_by("weekday", "from_minute", "valid_from"))
    return _page(provider, **news) | {
        "week": week or week_of(rules),
        "cut": cut or CutForm(instance=offers.schedule_of(provider)),
        "saved": [rule_words(rule) for rule in rules],
    }


@dataclass(frozen=True)
class Dated:
    """What is stated of one date, in words."""

    on: date
    words: str


def dates_page(
    provider: Provider, form: DateForm, *, today: date, restoring: date | None = None, **news: Any
) -> dict[str, Any]:
    """
    :param restoring: the date whose weekly hours are to hold again, where a question stands open
    """
    stated = provider.availability_exceptions.filter(on__gte=today).order_by("on", "from_minute")
    by_date = [(on, list(rows)) for on, rows in groupby(stated, key=lambda row: row.on)]
    dates = [Dated(on, ", ".join(map(times_words, rows))) for on, rows in by_date]
    return _page(provider, **news) | {"form": form, "dates": dates, "restoring": restoring}


def leave_page(provider: Provider, form: LeaveForm, *, today: date, **news: Any) -> dict[str, Any]:
    leaves = provider.leaves.filter(last_on__gte=today).order_by("first_on")
    return _page(provider, **news) | {"form": form, "leaves": leaves}


def _page(
    provider: Provider,
    *,
    outside: Sequence[Appointment] = (),
    is_overtaken: bool = False,
    meets_another: bool = False,
) -> dict[str, Any]:
    """What all of them show: whose hours, by which clock, and what stands against a change."""
    return {
        "provider": provider,
        "zone": zones.label(provider.zoneinfo),
        "revision": offers.schedule_of(provider).revision,
        "outside": [outside_row(visit, provider) for visit in outside],
        "seen": " ".join(str(visit.pk) for visit in outside),
        "is_overtaken": is_overtaken,
        "meets_another": meets_another,
    }


def outside_row(visit: Appointment, provider: Provider) -> tuple[date, str]:
    """A visit by its time alone: who comes is nothing that the hours need to tell."""
    zone = provider.zoneinfo
    return visit.starts_at.astimezone(zone).date(), zones.full(visit.starts_at, zone)


def rule_words(rule: AvailabilityRule) -> str:
    words = f"{WEEKDAYS[rule.weekday]} {times_words(rule)}"
    if rule.valid_from:
        words += _(", from %(day)s") % {"day": zones.wall_date(rule.valid_from)}
    if rule.valid_until:
        words += _(", until %(day)s") % {"day": zones.wall_date(rule.valid_until)}
    return words


def times_words(stated: Any) -> str:
    """Word the minutes of a rule or a date: "9:00 AM to 5:00 PM"."""
    if stated.from_minute is None:
        return _("Closed")
    start, end = (zones.clock_time(at) for at in (stated.from_minute, stated.to_minute))
    return _("%(start)s to %(end)s") % {"start": start, "end": end}
