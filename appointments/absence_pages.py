"""What the page of an absence shows: how far one is, and what can be done with each visit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from appointments import absence as absences
from appointments import absence_proposals, keeping, presenters
from appointments.absence import Absence, Deed, Result
from appointments.absence_forms import AbsenceForm
from appointments.absence_proposals import Option
from appointments.models import Appointment
from core import zones


@dataclass(frozen=True)
class Row:
    visit: Appointment
    options: list[tuple[str, str]]  # value and words; the first is proposed


def page(
    form: AbsenceForm, *, by: User, now: datetime, results: Sequence[Result] = (), **news: Any
) -> dict[str, Any]:
    shown: dict[str, Any] = {"provider": form.provider, "form": form, **news}
    if form.errors or not form.is_bound:
        return shown
    absence = form.absence()
    visits = absences.ahead(absence, by=by, now=now)
    settled = absences.settled(absence, by=by)
    return shown | {
        "absence": absence,
        "when": when(absence),
        "is_entered": keeping.is_away(absence.provider, absence.on, absence.minutes),
        "rows": [
            Row(one.visit, [(option.value, words(option, one.visit)) for option in one.options])
            for one in absence_proposals.proposals(absence, visits, now=now)
        ],
        "under_way": absences.under_way(absence, by=by, now=now),
        "settled": [(visit, fate(visit)) for visit in settled],
        "settled_count": len(settled),
        "count": len(settled) + len(visits),
        "refused": list(refused(results)),
    }


def when(absence: Absence) -> str:
    day = zones.wall_date(absence.on)
    if absence.minutes is None:
        return day
    start, end = map(zones.clock_time, absence.minutes)
    said = {"day": day, "start": start, "end": end}
    return _("%(day)s, from %(start)s to %(end)s") % said


def words(option: Option, visit: Appointment) -> str:
    if option.starts_at is None:
        return str(Deed(option.deed).label)
    said = {"at": zones.full(option.starts_at, zones.current())}
    if option.provider is None:
        return _("Move to %(at)s") % said
    said["name"] = option.provider.title
    if option.starts_at == visit.starts_at:
        return _("%(name)s takes it over, at the same time") % said
    return _("%(name)s takes it over, on %(at)s") % said


def fate(visit: Appointment) -> str:
    """What has become of a visit that is settled."""
    zone = zones.current()
    if new := getattr(visit, "replaced_by", None):
        said = {"name": new.provider.title, "at": zones.full(new.starts_at, zone)}
        return _("%(name)s takes it over, on %(at)s") % said
    if visit.status == Appointment.Status.CANCELLED:
        return _("Cancelled")
    return _("Moved to %(at)s") % {"at": zones.full(visit.starts_at, zone)}


def refused(results: Sequence[Result]) -> list[tuple[Appointment, str]]:
    """The visits to which what was chosen could not be done, and why."""
    return [
        (one.visit, why(one.refusal, one.visit)) for one in results if one.visit and one.refusal
    ]


def why(refusal: Exception, visit: Appointment) -> str:
    if visit.status == Appointment.Status.CANCELLED:
        return _("It was cancelled a moment ago")
    return presenters.move_refusal(refusal, visit)
