"""The audit trail as people read it: a patient her own, the privacy officer the practice's.

Rows hold ids. Names are looked up when a page is shown, and only those of the reader's practice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import trail_words
from accounts.models import Membership, Patient, Practice, Provider, User
from core import zones
from core.models import AuditEvent

SEARCHED = "accounts.access-log.read"  # what the page itself leaves on the trail


@dataclass(frozen=True)
class Line:
    event: AuditEvent
    who: str
    role: Any
    what: Any
    patient: str  # blank on her own page, and where the event concerns none

    @property
    def day(self) -> str:
        return zones.wall_date(self.event.at, zones.current())


@dataclass(frozen=True)
class Search:
    """What the privacy officer looks for: days of the practice's calendar, both included."""

    practice: Practice
    from_day: date
    to_day: date
    patient_id: int | None = None
    person_id: int | None = None
    action: str = ""


def practice_of(officer: User) -> Practice:
    held = Practice.objects.filter(
        memberships__user=officer, memberships__role=Membership.Role.PRIVACY_OFFICER
    )
    return held.earliest("pk")


# A patient's own.


def of_patient(patient: Patient, *, with_own: bool) -> QuerySet[AuditEvent]:
    """Who looked at her record, newest first; with what she did herself, or without."""
    events = AuditEvent.objects.filter(patient_id=patient.pk).order_by("-at", "-pk")
    return events if with_own else events.exclude(by_id=patient.user_id)


def lines_for_patient(events: Collection[AuditEvent], patient: Patient) -> list[Line]:
    """Providers by name, herself as "You", staff by a number she can ask about. Two queries."""
    names = staff_numbers(patient.practice, events) | provider_names(patient.practice, events)
    names[patient.user_id] = _("You")
    return [line(event, names) for event in events]


# The practice's.


def found(search: Search) -> QuerySet[AuditEvent]:
    """What the search asks for, newest first. The officer's own looking up only if asked for."""
    zone = ZoneInfo(search.practice.zone)
    starts_at = datetime.combine(search.from_day, time.min, zone)
    ends_at = datetime.combine(search.to_day + timedelta(days=1), time.min, zone)
    events = AuditEvent.objects.filter(of_practice(search.practice))
    events = events.filter(at__gte=starts_at, at__lt=ends_at)
    if search.patient_id:
        events = events.filter(patient_id=search.patient_id)
    if search.person_id:
        events = events.filter(by_id=search.person_id)
    events = events.filter(action=search.action) if search.action else without_looks(events)
    return events.order_by("-at", "-pk")


def of_practice(practice: Practice) -> Q:
    """What concerns its patients; and what concerns no patient, of those who work there."""
    patients = Patient.objects.filter(practice=practice).values("pk")
    members = Membership.objects.filter(practice=practice).values("user_id")
    return Q(patient_id__in=patients) | Q(patient_id=None, by_id__in=members)


def without_looks(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Each page of the log is itself many rows; they would be all that one sees."""
    return events.exclude(action=SEARCHED)


def look(events: Collection[AuditEvent], *, practice: Practice) -> list[Line]:
    """Word these events for the privacy officer. That she saw names goes on the trail by itself."""
    patients = patients_of(practice, events)
    names = member_names(practice, events) | {p.user_id: keeper(p) for p in patients}
    names |= provider_names(practice, events)
    of = {patient.pk: patient.name for patient in patients}
    return [line(event, names, of.get(event.patient_id or 0, "")) for event in events]


def patient_id_of(text: str, practice: Practice) -> int | None:
    """The patient with this number or e-mail address."""
    asked = Q(pk=text) if text.isdecimal() else Q(user__email__iexact=text)
    return Patient.objects.filter(asked, practice=practice).values_list("pk", flat=True).first()


def person_id_of(text: str, practice: Practice) -> int | None:
    """The person with this number or e-mail address: a member of the practice, or a patient."""
    asked = Q(pk=text) if text.isdecimal() else Q(email__iexact=text)
    here = Q(memberships__practice=practice) | Q(patient__practice=practice)
    return User.objects.filter(asked, here).values_list("pk", flat=True).first()


# Names.


def line(event: AuditEvent, names: dict[int, str], patient: str = "") -> Line:
    if event.by_id is None:
        who = _("Telehealth, by itself")
    else:
        who = names.get(event.by_id, _("Someone outside the practice"))
    role, what = trail_words.role(event.role), trail_words.action(event.action)
    return Line(event, who, role, what, patient)


def people(events: Collection[AuditEvent]) -> set[int]:
    return {event.by_id for event in events if event.by_id}


def provider_names(practice: Practice, events: Collection[AuditEvent]) -> dict[int, str]:
    providers = Provider.objects.filter(practice=practice, user_id__in=people(events))
    return {provider.user_id: provider.title for provider in providers if provider.title}


def members(practice: Practice, events: Collection[AuditEvent]) -> QuerySet[Membership]:
    found = Membership.objects.filter(practice=practice, user_id__in=people(events))
    return found.select_related("user")


def member_names(practice: Practice, events: Collection[AuditEvent]) -> dict[int, str]:
    return {member.user_id: member.user.email for member in members(practice, events)}


def staff_numbers(practice: Practice, events: Collection[AuditEvent]) -> dict[int, str]:
    return {
        member.user_id: _("Staff member %(number)s") % {"number": member.user_id}
        for member in members(practice, events)
    }


def patients_of(practice: Practice, events: Collection[AuditEvent]) -> list[Patient]:
    """The patients that the events concern, and those that did something themselves."""
    concerned = {event.patient_id for event in events if event.patient_id}
    asked = Q(pk__in=concerned) | Q(user_id__in=people(events))
    return list(Patient.objects.filter(asked, practice=practice))


def keeper(patient: Patient) -> str:
    """Who keeps the patient's account: herself, or a guardian."""
    return patient.guardian_name or patient.name
