"""Notices that were set aside: the front desk sees which, of which visit, and what to do.

Never what they say, nor why the mail server refused them: a reason may hold an address.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments.models import Appointment, WaitlistOffer
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
    "notice.waitlist-offer": _("That a free time is kept for a while"),
}
CHANNELS: dict[str, Any] = {"mail": _("Email"), "text": _("Text message")}


@dataclass(frozen=True)
class Undelivered:
    """One notice that did not arrive."""

    duty: Duty
    visit: Appointment | WaitlistOffer  # the one that is, or the one that could be
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
    told = WaitlistOffer.objects.at_desk_of(user).filter(
        pk=Cast(KeyTextTransform("offer", OuterRef("payload")), models.UUIDField())
    )
    return Duty.objects.filter(Q(Exists(visits)) | Q(Exists(told)), kind__in=KINDS)


def list_of(user: User, *, now: datetime) -> list[Undelivered]:
    """Those that were set aside and still matter: the visit is ahead, or
    the time is still on offer. Three queries."""
    duties = list(at_desk_of(user).filter(dead_at__isnull=False))
    visits, told = _visits(duties, now=now), _offers(duties, now=now)
    found = [_undelivered(duty, visits[_visit_id(duty)]) for duty in duties if _is_in(duty, visits)]
    found += [
        _undelivered(duty, told[duty.payload["offer"]])
        for duty in duties
        if duty.payload.get("offer") in told
    ]
    return sorted(found, key=lambda one: (one.visit.starts_at, one.duty.kind, one.duty.key))


def _visits(duties: list[Duty], *, now: datetime) -> dict[str, Appointment]:
    ids = {_visit_id(duty) for duty in duties if "appointment" in duty.payload}
    ahead = Appointment.objects.filter(pk__in=ids, starts_at__gt=now)
    return {str(v.pk): v for v in ahead.select_related("patient__contact_rules", "provider")}


def _offers(duties: list[Duty], *, now: datetime) -> dict[str, WaitlistOffer]:
    ids = {duty.payload["offer"] for duty in duties if "offer" in duty.payload}
    if not ids:
        return {}
    still = WaitlistOffer.objects.still_open().filter(pk__in=ids, expires_at__gt=now)
    related = ("entry__patient__contact_rules", "entry__provider")
    return {str(offer.pk): offer for offer in still.select_related(*related)}


def _is_in(duty: Duty, visits: dict[str, Appointment]) -> bool:
    """Of a visit that has changed since, another notice tells."""
    visit = visits.get(duty.payload.get("appointment", ""))
    return visit is not None and visit.version == duty.payload["version"]


def _visit_id(duty: Duty) -> str:
    return str(duty.payload["appointment"])


def _undelivered(duty: Duty, visit: Appointment | WaitlistOffer) -> Undelivered:
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
    if "offer" in duty.payload:
        offer = WaitlistOffer.objects.select_related("entry").get(pk=duty.payload["offer"])
        patient_id = offer.entry.patient_id
        audit.record(action, subject=offer, by=by, at=now, patient_id=patient_id)
        return
    visit = Appointment.objects.get(pk=_visit_id(duty))
    audit.record(action, subject=visit, by=by, at=now, patient_id=visit.patient_id)
