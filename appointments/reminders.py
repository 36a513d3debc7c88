"""Reminders of a visit: a week, two days and an hour before, each once.

By the clock on the patient's wall, and in the hours in which she may be told. A reminder that is
late is dropped once the next one is due: nobody gets two at once, and none comes after the visit
has begun. The hour's letter is not sent here: it holds the way in (`sessions.join_notices`), and
asks `due_at` for its time.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import contact
from accounts.models import Patient
from appointments import delivery, door
from appointments.channels import MAIL, Channel, Notice
from appointments.contact_hours import ORDINARY, ContactHours, days_before
from appointments.models import Appointment
from core import outbox, zones
from core.duties import handler
from core.policy import RECIPIENT, serves

WEEK, DAYS, HOUR = "notice.reminder-week", "notice.reminder-days", "notice.reminder-hour"
DAYS_BEFORE = {WEEK: 7, DAYS: 2}
FOLLOWED_BY = {WEEK: DAYS, DAYS: HOUR}


def plan(appointment: Appointment, *, now: datetime) -> None:
    """Make it a duty to remind the patient, by each channel she has chosen.

    In the transaction that makes the visit. Asked again, it adds what is missing: a channel that
    she has chosen since.
    """
    for channel in delivery.chosen(appointment):
        _plan(WEEK, appointment, channel, now=now)
        _plan(DAYS, appointment, channel, now=now)
        if channel is not MAIL:
            _plan(HOUR, appointment, channel, now=now)


def _plan(kind: str, appointment: Appointment, channel: Channel, *, now: datetime) -> None:
    """What would have been due before the visit was booked is left out."""
    at = due_at(kind, appointment)
    if at > now:
        outbox.enqueue(
            kind,
            key=delivery.key(appointment, channel.name, delivery.PATIENT),
            payload=delivery.payload(appointment, channel.name, delivery.PATIENT),
            due_at=at,
        )


def plan_again(patient: Patient, *, now: datetime) -> None:
    """Plan what is missing for the visits that are ahead of her."""
    ahead = Appointment.objects.filter(patient=patient, status=Appointment.Status.BOOKED)
    for appointment in ahead.filter(starts_at__gt=now).select_related("patient"):
        plan(appointment, now=now)


def due_at(kind: str, appointment: Appointment) -> datetime:
    """
    Return when the patient is reminded.

    Outside her hours it waits for them, as long as it comes before the door opens, half an hour
    before the visit; else it comes in the last of her hours before. So of a visit at 8:30 one hears
    at 8:00, and of one at 8:15 the evening before.
    """
    wanted = _wanted(kind, appointment)
    hours = hours_of(appointment)
    later = hours.next(wanted)
    return later if later <= door.opens_at(appointment) else hours.last_before(wanted)


def _wanted(kind: str, appointment: Appointment) -> datetime:
    if kind == HOUR:
        return appointment.starts_at - timedelta(hours=1)
    return days_before(appointment.starts_at, DAYS_BEFORE[kind], _zone(appointment))


def hours_of(appointment: Appointment) -> ContactHours:
    """Even a mailbox is not filled at night where nothing is urgent: many of them ring."""
    assert appointment.patient is not None  # a hold has no reminders
    rules = contact.rules_of(appointment.patient)
    return ContactHours(*(rules.safe_hours or ORDINARY), _zone(appointment))


def _zone(appointment: Appointment) -> ZoneInfo:
    assert appointment.patient is not None  # as above
    return ZoneInfo(appointment.patient.zone)


def useful_until(kind: str, appointment: Appointment) -> datetime:
    """Until the next reminder is due, or the visit begins."""
    following = FOLLOWED_BY.get(kind)
    return due_at(following, appointment) if following else appointment.starts_at


@handler(WEEK)
@serves(RECIPIENT)
def send_week(payload: dict[str, Any], now: datetime) -> None:
    _send(WEEK, payload, now=now)


@handler(DAYS)
@serves(RECIPIENT)
def send_days(payload: dict[str, Any], now: datetime) -> None:
    _send(DAYS, payload, now=now)


@handler(HOUR)
@serves(RECIPIENT)
def send_hour(payload: dict[str, Any], now: datetime) -> None:
    _send(HOUR, payload, now=now)


def _send(kind: str, payload: dict[str, Any], *, now: datetime) -> None:
    """
    :raises Moot: if the visit has changed or begun, or as `delivery` says
    """
    appointment = delivery.visit_of(payload)
    if appointment.status != Appointment.Status.BOOKED:
        raise delivery.Changed  # she has come, or it is over
    assert appointment.patient is not None  # appointment_held_or_has_patient
    notice = notice_of(kind, appointment, payload["channel"])
    until = useful_until(kind, appointment)
    delivery.send(notice, appointment.patient, payload["channel"], until=until, now=now)


def notice_of(kind: str, appointment: Appointment, channel: str) -> Notice:
    return Notice(
        message_id=delivery.message_id(kind, appointment, channel, delivery.PATIENT),
        subject=_("Your appointment is coming up"),
        opening=_("Your appointment is soon.") if kind == HOUR else _("You have an appointment."),
        when=zones.full(appointment.starts_at, _zone(appointment)),
        link=link(appointment),
        template="appointments/mail/reminder.txt",
    )


def link(appointment: Appointment) -> str:
    """Return the full address of the page on which she answers."""
    return f"{settings.SITE_URL}{reverse('appointments:response', args=[appointment.id])}"
