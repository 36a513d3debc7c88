"""Giving a person's visits to her calendar program, by a secret address (ADR 0025).

Whoever has the address reads when she has appointments, and nothing else: so it is long, shown
once, ended by her with one button, and asked at each fetch whether it still holds.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import Membership, User
from accounts.permissions import is_patient
from appointments import invitation
from appointments.feeds import CalendarFeed
from appointments.models import Appointment
from core import audit, tenancy
from core.models import AuditEvent

BYTES = 32
PAST = timedelta(days=30)
READ = "calendar-feed.read"


class NoSuchFeed(Exception):
    """The address was never given out, is revoked, or its owner has nothing to do here any more."""


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(token: str) -> str:
    return f"{settings.SITE_URL}{reverse('appointments:feed_file', args=[token])}"


@transaction.atomic
def make(*, by: User, now: datetime) -> str:
    """Return the token of a new address of `by`'s; her earlier one opens nothing any more."""
    User.objects.select_for_update().get(pk=by.pk)  # one at a time
    CalendarFeed.objects.open().filter(user=by).update(revoked_at=now)
    token = secrets.token_urlsafe(BYTES)
    feed = CalendarFeed.objects.create(user=by, token_hash=hashed(token), made_at=now)
    _record("calendar-feed.made", feed, by=by, now=now)
    return token


@transaction.atomic
def revoke(*, by: User, now: datetime) -> None:
    """End the address that `by` has. Without one there is nothing to do."""
    feed = CalendarFeed.objects.select_for_update().open().filter(user=by).first()
    if feed is None:
        return
    feed.revoked_at = now
    feed.save(update_fields=["revoked_at"])
    _record("calendar-feed.revoked", feed, by=by, now=now)


def _record(action: str, feed: CalendarFeed, *, by: User, now: datetime) -> None:
    """A patient's address is a way to her record, and on her trail."""
    patient = getattr(by, "patient", None)
    audit.record(action, subject=feed, by=by, at=now, patient_id=patient.pk if patient else None)


@transaction.atomic
def read(*, token: str, now: datetime) -> bytes:
    """
    Return the calendar file of whoever has this address: her visits of the last thirty days and to
    come. Written down first: a row for each patient, feed and day (UTC), however often a program
    fetches it.

    The same visits make the same bytes, so that a program can ask whether something has changed.

    :raises NoSuchFeed:
    """
    open_ones = CalendarFeed.objects.open().select_related("user")
    feed = open_ones.filter(token_hash=hashed(token)).first()
    if feed is None or not feed.user.is_active:
        raise NoSuchFeed
    owner = feed.user
    tenancy.enter(owner.pk)
    if not (is_patient(owner) or Membership.Role.PROVIDER in owner.roles):
        raise NoSuchFeed
    visible = Appointment.objects.visible_to(owner).prefetch_related("moves")
    visits = list(visible.taking_place(since=now - PAST))
    _note_read(feed, owner, {visit.patient_id for visit in visits if visit.patient_id}, now=now)
    return invitation.write_feed(visits, zone=_zone_of(owner))


def _note_read(
    feed: CalendarFeed, by: User, patient_ids: Collection[int], *, now: datetime
) -> None:
    midnight = datetime.combine(now.astimezone(UTC), time(), tzinfo=UTC)
    noted = AuditEvent.objects.filter(
        action=READ, by_id=by.pk, subject_id=str(feed.pk), at__gte=midnight
    )
    new = set(patient_ids) - set(noted.values_list("patient_id", flat=True))
    audit.record_reads(READ, patient_ids=new, by=by, at=now, subject=feed)


def _zone_of(owner: User) -> ZoneInfo:
    person = getattr(owner, "provider", None) or getattr(owner, "patient", None)
    return ZoneInfo(person.zone if person else settings.TIME_ZONE)
