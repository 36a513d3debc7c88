"""Notices that were set aside: the front desk sees which, of which visit, and what to do.

Never what they say, nor why the mail server refused them: a reason may hold an address.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments.models import Appointment
from appointments.responses import DESK
from core import audit, outbox
from core.models import Duty

KINDS: dict[str, Any] = {
    "notice.confirmation": _("That the visit is booked"),
    "notice.cancellation": _("That the visit is cancelled"),
    "notice.move": _("That the visit is moved"),
    "notice.series_booked": _("That the visits of a series are booked"),
    "notice.series_moved": _("That visits of a series are moved"),
    "notice.series_cancelled": _("That visits of a series are cancelled"),
    "notice.reminder-week": _("Reminder, a week before"),
    "notice.reminder-days": _("Reminder, two days before"),
    "notice.reminder-hour": _("Reminder, an hour before"),
    "notice.join": _("The way in, an hour before"),
}
CHANNELS: dict[str, Any] = {"mail": _("Email"), "text": _("Text message")}


@dataclass(frozen=True)
class Undelivered:
    """One notice that did not arrive."""

    duty: Duty
    visit: Appointment
    words: Any  # lazy, as the next
    channel: Any
    is_to_patient: bool


def at_desk_of(user: User) -> "QuerySet[Duty]":
    """The notices of visits of the practice whose front desk `user` keeps."""
    visits = Appointment.objects.filter(
        pk=Cast(KeyTextTransform("appointment", OuterRef("payload")), models.UUIDField()),
        provider__practice__memberships__user=user,
        provider__practice__memberships__role__in=DESK,
    )
    return Duty.objects.filter(Exists(visits), kind__in=KINDS)


def list_of(user: User, *, now: datetime) -> list[Undelivered]:
    """Those that were set aside and still matter: the visit is ahead. Two queries."""
    duties = list(at_desk_of(user).filter(dead_at__isnull=False))
    related = ("patient__contact_rules", "provider")
    wanted = Appointment.objects.filter(pk__in={_visit_id(duty) for duty in duties})
    visits = {str(v.pk): v for v in wanted.filter(starts_at__gt=now).select_related(*related)}
    found = [_undelivered(duty, visits[_visit_id(duty)]) for duty in duties if _is_in(duty, visits)]
    return sorted(found, key=lambda one: (one.visit.starts_at, one.duty.kind, one.duty.key))


def _is_in(duty: Duty, visits: dict[str, Appointment]) -> bool:
    """Of a visit that has changed since, another notice tells."""
    visit = visits.get(_visit_id(duty))
    return visit is not None and visit.version == duty.payload["version"]


def _visit_id(duty: Duty) -> str:
    return str(duty.payload["appointment"])


def _undelivered(duty: Duty, visit: Appointment) -> Undelivered:
    return Undelivered(
        duty=duty,
        visit=visit,
        words=KINDS[duty.kind],
        channel=CHANNELS[duty.payload["channel"]],
        is_to_patient=duty.payload["recipient"] == "patient",
    )


@transaction.atomic
def retry(*, duty: Duty, by: User, now: datetime) -> None:
    """
    :raises outbox.NotDead:
    """
    outbox.retry(duty, now=now)
    _record("notice.retried", duty, by=by, now=now)


@transaction.atomic
def settle(*, duty: Duty, by: User, now: datetime) -> None:
    """Note that they were told otherwise, by phone.

    :raises outbox.NotDead:
    """
    outbox.settle(duty, now=now)
    _record("notice.settled", duty, by=by, now=now)


def _record(action: str, duty: Duty, *, by: User, now: datetime) -> None:
    visit = Appointment.objects.get(pk=_visit_id(duty))
    audit.record(action, subject=visit, by=by, at=now, patient_id=visit.patient_id)
