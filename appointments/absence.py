"""A provider cannot work, at short notice: her visits of a day, or of a part of one, are settled.

The absence is entered first, so that nobody books into it; then each visit gets what was chosen for
it, in a transaction of its own. What cannot be done to one holds up no other, and what is asked
twice is done once. Of a series only the visit itself changes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import ExpressionWrapper, F, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from appointments import availability, booking, indexing, keeping, moving, replacing
from appointments.availability import Interval
from appointments.booking import NotLicensed, NotOffered, SlotTaken, TooLate
from appointments.keeping import Minutes
from appointments.models import (
    Appointment,
    AppointmentMove,
    AppointmentQuerySet,
    InvalidTransition,
)
from appointments.moving import Changed
from core.transactions import retried

REFUSED = (SlotTaken, NotOffered, NotLicensed, TooLate, InvalidTransition, Changed)
DAY = 24 * 60


class Deed(models.TextChoices):
    """What becomes of a visit."""

    MOVE = "move", _("Another time with the same therapist")
    REPLACE = "replace", _("A colleague")
    CANCEL = "cancel", _("Cancel it")
    KEEP = "keep", _("Leave it for now")


@dataclass(frozen=True)
class Absence:
    """Of whom, on which date of her calendar, and from when to when; None: all day."""

    provider: Provider
    on: date
    minutes: Minutes | None = None

    @property
    def window(self) -> Interval:
        start, end = self.minutes or (0, DAY)
        return self._at(start), self._at(end)

    def _at(self, minute: int) -> datetime:
        on = self.on + timedelta(days=minute // DAY)
        shown = time(minute % DAY // 60, minute % 60)
        return availability.at_wall(self.provider.zoneinfo, on, shown)

    def meets(self, start: datetime, end: datetime) -> bool:
        return start < self.window[1] and self.window[0] < end


@dataclass(frozen=True)
class Choice:
    """What the front desk has chosen for a visit, in the version that it saw."""

    visit_id: UUID
    version: int
    deed: str
    starts_at: datetime | None = None
    provider: Provider | None = None  # who takes it over


@dataclass(frozen=True)
class Result:
    """What came of a choice; nothing stood against it where there is no refusal."""

    visit: Appointment | None  # None: it is no visit of this provider
    refusal: Exception | None = None


def ahead(absence: Absence, *, by: User, now: datetime) -> list[Appointment]:
    """Return the visits that cannot take place, and that nobody has settled yet."""
    return list(_then(absence, by=by).still_booked(now=now))


def under_way(absence: Absence, *, by: User, now: datetime) -> list[Appointment]:
    """Return the visits then that have begun, or to which the patient has come: what becomes of
    those is not chosen ahead."""
    there = _then(absence, by=by).upcoming(now=now)
    return list(there.exclude(pk__in=there.still_booked(now=now).values("pk")))


def _then(absence: Absence, *, by: User) -> AppointmentQuerySet:
    start, end = absence.window
    hers = Appointment.objects.at_desk_of(by).filter(provider=absence.provider)
    then = hers.filter(starts_at__lt=end, ends_at__gt=start)
    return then.select_related("patient__contact_rules", "provider", "attendance")


def settled(absence: Absence, *, by: User) -> list[Appointment]:
    """Return the visits that were to be then and are not: moved by the practice, replaced, or
    called off as the provider cannot be there."""
    start, end = absence.window
    length = F("appointment__ends_at") - F("appointment__starts_at")
    first = ExpressionWrapper(Value(start) - length, models.DateTimeField())
    moves = AppointmentMove.objects.filter(from_starts_at__gt=first, from_starts_at__lt=end)
    moved = moves.exclude(moved_by=F("appointment__patient__user")).values("appointment")
    then = Q(starts_at__lt=end, ends_at__gt=start)
    off = Q(cancellation_reason=Appointment.CancellationReason.PROVIDER)
    hers = Appointment.objects.at_desk_of(by).filter(provider=absence.provider)
    rows = hers.filter(then & off | ~then & Q(pk__in=moved)).order_by("starts_at", "pk")
    return list(rows.select_related("patient__contact_rules", "replaced_by__provider"))


def settle(*, absence: Absence, choices: Sequence[Choice], by: User, now: datetime) -> list[Result]:
    """
    Enter the absence, and do for each visit what was chosen.

    :raises WouldLieOutside: if there is a visit then that the reader has not seen; nothing is done
    """
    own = Appointment.objects.filter(provider=absence.provider, patient__user=by)
    begun = {visit.pk for visit in under_way(absence, by=by, now=now)}
    seen = {choice.visit_id for choice in choices} | set(own.values_list("pk", flat=True)) | begun
    _enter(absence, seen, by=by, now=now)
    return [_settled(absence, choice, by=by, now=now) for choice in choices]


@retried
@transaction.atomic
def _enter(absence: Absence, seen: Collection[UUID], *, by: User, now: datetime) -> None:
    """Let go of what visitors hold, then look: a hold that was confirmed a moment ago is a visit
    that nobody has seen. Whoever held a time is told when she goes on."""
    provider = absence.provider
    indexing.lock([provider.pk])
    held = Appointment.objects.filter(provider=provider, status=Appointment.Status.HELD)
    theirs = held.meeting(*absence.window).order_by("id").select_for_update()
    ids = list(theirs.values_list("id", flat=True))
    Appointment.objects.filter(id__in=ids).delete()
    said: dict[str, Any] = {"on": absence.on, "minutes": absence.minutes, "seen": seen}
    keeping.be_away(provider=provider, **said, by=by, now=now)


def _settled(absence: Absence, choice: Choice, *, by: User, now: datetime) -> Result:
    found = Appointment.objects.at_desk_of(by).filter(pk=choice.visit_id, provider=absence.provider)
    visit = found.select_related("provider", "patient__contact_rules").first()
    if visit is None:
        return Result(None, NotOffered())
    try:
        _do(visit, choice, by=by, now=now)
    except REFUSED as refusal:
        return Result(visit, refusal)
    return Result(visit)


def _do(visit: Appointment, choice: Choice, *, by: User, now: datetime) -> None:
    seen: dict[str, Any] = {"appointment": visit, "version": choice.version, "by": by, "now": now}
    if choice.deed == Deed.MOVE and choice.starts_at:
        moving.move(starts_at=choice.starts_at, **seen)
    elif choice.deed == Deed.REPLACE and choice.starts_at and choice.provider:
        replacing.replace(starts_at=choice.starts_at, provider=choice.provider, **seen)
    elif choice.deed == Deed.CANCEL:
        _cancel(visit, choice.version, by=by, now=now)


@transaction.atomic
def _cancel(visit: Appointment, version: int, *, by: User, now: datetime) -> None:
    """Call it off, as it was seen: of two who settle it at once, the second is told.

    :raises InvalidTransition: if somebody else has called it off
    :raises Changed: if it was moved
    """
    indexing.lock([visit.provider_id])
    visit.lock()
    reason = Appointment.CancellationReason.PROVIDER
    if visit.cancellation_reason == reason and not hasattr(visit, "replaced_by"):
        return
    if visit.status == Appointment.Status.CANCELLED:
        raise InvalidTransition("cancelled -> cancelled")
    if visit.version != version:
        raise Changed
    booking.cancel(appointment=visit, by=by, now=now, reason=reason)
