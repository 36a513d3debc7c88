"""When a visit of two people can be: what the provider offers, and when the patient has no other.

Who is asked about, and by whom, decides how far ahead one may look: a patient as far as the
provider's horizon, and a week beyond the visit that she has; the practice for a year.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Patient, Provider, User
from appointments import availability, offers
from appointments.availability import Interval
from appointments.booking import NotOffered
from appointments.models import Appointment
from appointments.offers import ONE_DAY, Offer

A_WEEK, A_YEAR = timedelta(days=7), timedelta(days=371)  # 53 weeks: a weekly series of a year


class Obstacle(models.TextChoices):
    """Why a visit cannot be at a time, in words for the two."""

    NONE = "", ""
    TOO_FAR = "too-far", _("This is further ahead than times are given")
    CLOSED = "closed", _("The therapist does not work then")
    NOT_LICENSED = "not-licensed", _("On that day the therapist holds no license for it")
    TAKEN = "taken", _("The therapist has another appointment then")
    PATIENT_BUSY = "patient-busy", _("The patient has another visit then")


@dataclass(frozen=True)
class CommonTime:
    """The time of a provider and of one patient, as it is at a moment."""

    offer: Offer
    state: str  # where the patient will be
    patient_busy: list[Interval]

    @property
    def horizon_date(self) -> date:
        """The last day, by the provider's calendar, on which there is any time to give."""
        return self.offer.horizon.astimezone(self.offer.plan.zone).date()

    def obstacle(self, start: datetime) -> Obstacle:
        times = self.offer.block(start)
        if times["ends_at"] > self.offer.horizon:
            return Obstacle.TOO_FAR
        if not self.offer.has(start):
            return Obstacle.CLOSED
        if not offers.may_treat(self.offer.provider, self.state, at=start):
            return Obstacle.NOT_LICENSED
        if not self.offer.has_free(start):
            return Obstacle.TAKEN
        return Obstacle.PATIENT_BUSY if self._meets_hers(start) else Obstacle.NONE

    def starts(self, *, since: datetime, until: datetime) -> list[datetime]:
        """Return the times at which nothing is in the way."""
        free = self.offer.starts(state=self.state, since=since, until=until)
        return [start for start in free if not self._meets_hers(start)]

    def on(self, day: date) -> list[datetime]:
        """The same, of one day of the provider's calendar."""
        zone, following = self.offer.plan.zone, day + ONE_DAY
        midnights = [availability.at_wall(zone, each, time()) for each in (day, following)]
        return self.starts(since=midnights[0], until=midnights[1])

    def _meets_hers(self, start: datetime) -> bool:
        end = self.offer.block(start)["ends_at"]
        return any(begins < end and start < ends for begins, ends in self.patient_busy)


def of(
    appointment: Appointment, *, by: User, now: datetime, but: Collection[Appointment] = ()
) -> CommonTime:
    """
    Return the time of the two of this visit. Whether the provider takes anybody new is nothing to
    a patient whom she has.

    :param but: visits of the two that are to have other times: they are in nobody's way
    :raises NotOffered: if the provider does not work here any more
    """
    offer = _offer(appointment.provider_id, now=now)
    offer = replace(offer, horizon=horizon(offer, appointment, by=by, now=now)).without(but)
    busy = hers(appointment.patient_id, but, now=now)
    return CommonTime(offer, appointment.patient_state, busy)


def between(
    provider: Provider,
    patient: Patient,
    *,
    state: str,
    now: datetime,
    but: Collection[Appointment] = (),
) -> CommonTime:
    """
    Return the time of two who need have no visit yet, as far ahead as the practice gives times.

    :param but: visits of the patient, with whomever, that are to make room
    :raises NotOffered: if the provider does not work here any more
    """
    offer = _offer(provider.pk, now=now)
    offer = replace(offer, horizon=max(offer.horizon, now + A_YEAR))
    return CommonTime(offer, state, hers(patient.pk, but, now=now))


def _offer(provider_id: int, *, now: datetime) -> Offer:
    working = Provider.objects.filter(pk=provider_id, user__is_active=True)
    if found := offers.of(list(working), now=now):
        return found[0]
    raise NotOffered


def horizon(offer: Offer, appointment: Appointment, *, by: User, now: datetime) -> datetime:
    """How far ahead `by` may give these two a time."""
    patient = appointment.patient
    if patient is not None and patient.user_id == by.pk:
        return max(offer.horizon, appointment.ends_at + A_WEEK)
    return max(offer.horizon, now + A_YEAR)


def hers(patient_id: int | None, but: Iterable[Appointment], *, now: datetime) -> list[Interval]:
    """When the patient has other visits, with whomever."""
    taking = Appointment.objects.filter(
        patient=patient_id, status__in=Appointment.TAKES_TIME, ends_at__gt=now
    )
    others = taking.exclude(pk__in=[visit.pk for visit in but])
    return list(others.values_list("starts_at", "ends_at"))
