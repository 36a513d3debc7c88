"""The practice's day as the front desk sees it: who comes, when, to whom. Nothing clinical."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Licence, Membership, Practice, Provider, User
from appointments import missing, offers, undelivered
from appointments.models import Appointment
from appointments.responses import AppointmentResponse
from billing.models import FeeProposal
from core import zones
from sessions.models import VideoSession
from telehealth.hours_words import hours_words, leave_words

ONE_DAY = timedelta(days=1)
SOON = timedelta(days=60)  # to renew a license takes a board some weeks


@dataclass(frozen=True)
class Row:
    visit: Appointment
    words: Any  # how it stands; lazy
    is_accepted: bool  # the patient said that she will be there
    may_fail: bool  # it can be noted that it could not take place
    may_be_taken_back: bool  # that nobody came
    may_be_missed: bool  # it can be noted that nobody came


@dataclass(frozen=True)
class Desk:
    """What waits for the front desk, and the day."""

    calls: list[AppointmentResponse]  # patients who need help joining, the first visit first
    undelivered_count: int
    fees_count: int  # to decide on
    deserted: list[Appointment]  # booked visits to which no therapist will come
    rows: list[Row]
    licences: list[Licence]  # that end soon


def desk_of(user: User, practice: Practice, *, on: date, now: datetime) -> Desk:
    """Gather it. Seven queries."""
    calls = AppointmentResponse.objects.at_desk_of(user).needed(now=now)
    related = ("appointment__patient__contact_rules", "appointment__provider")
    return Desk(
        calls=list(calls.select_related(*related)),
        fees_count=FeeProposal.objects.visible_to(user).still_open().count(),
        undelivered_count=len(undelivered.list_of(user, now=now)),
        deserted=list(deserted(practice, now=now)),
        rows=list(rows_of(practice, on=on, now=now)),
        licences=list(licences_ending(practice, on=on)),
    )


def deserted(practice: Practice, *, now: datetime) -> QuerySet[Appointment]:
    """The visits ahead whose therapist's account was closed, or whose role was taken away.

    Somebody has to call the patients: they look forward to a closed door.
    """
    works = Membership.objects.filter(
        user=OuterRef("provider__user"), practice=practice, role=Membership.Role.PROVIDER
    )
    gone = Q(provider__user__is_active=False) | ~Exists(works)
    visits = Appointment.objects.upcoming(now=now).filter(gone, provider__practice=practice)
    return visits.select_related("patient__contact_rules", "provider")


def rows_of(practice: Practice, *, on: date, now: datetime) -> Iterator[Row]:
    """Yield the visits that start on the day `on` of the reader's calendar. One query."""
    visits = Appointment.objects.filter(provider__practice=practice)
    today = visits.exclude(status=Appointment.Status.HELD).on_day(on, zones.current())
    accepted = AppointmentResponse.objects.accepted().filter(appointment=OuterRef("pk"))
    related = ("patient__contact_rules", "provider", "video_session", "attendance")
    for visit in today.annotate(has_accepted=Exists(accepted)).select_related(*related):
        is_expected = visit.status == Appointment.Status.BOOKED
        yield Row(
            visit,
            words(visit),
            is_accepted=is_expected and getattr(visit, "has_accepted", False),
            may_fail=missing.may_fail(visit, now=now),
            may_be_taken_back=missing.may_be_taken_back(visit, now=now),
            may_be_missed=missing.may_be_missed(visit, now=now),
        )


@dataclass(frozen=True)
class Column:
    """The day of one provider."""

    provider: Provider
    hours: list[str]
    leave: str
    rows: list[Row]


def board_of(practice: Practice, *, on: date, now: datetime) -> list[Column]:
    """The day of everybody who works in the practice or has a visit. Seven queries, at most."""
    rows = list(rows_of(practice, on=on, now=now))
    seen = {row.visit.provider_id for row in rows}
    active = practice.providers.filter(Q(user__is_active=True) | Q(pk__in=seen))
    providers = list(active.select_related("user").order_by("name", "pk"))
    zone = zones.current()
    window = (zones.midnight(on, zone), zones.midnight(on + ONE_DAY, zone))
    times = offers.open_times(providers, window=window)
    away = leave_words(providers, first=on, last=on)
    return [
        Column(
            provider,
            hours_words(times[provider.pk], zone),
            away.get((provider.pk, on), ""),
            [row for row in rows if row.visit.provider_id == provider.pk],
        )
        for provider in providers
    ]


def licences_ending(practice: Practice, *, on: date) -> Iterable[Licence]:
    """The licences of those who work here that end soon, the soonest first. One query."""
    ours = Licence.objects.filter(provider__practice=practice, provider__user__is_active=True)
    return ours.ending(first=on, last=on + SOON).select_related("provider").order_by("valid_until")


def words(visit: Appointment) -> Any:
    """An arrived visit is over when it has ended; that its note is missing is not said here."""
    room = getattr(visit, "video_session", None)
    is_over = room is not None and room.status == VideoSession.Status.ENDED
    if is_over or hasattr(visit, "attendance"):
        return _("Ended")
    return visit.stands
