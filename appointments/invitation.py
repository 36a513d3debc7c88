"""The visit as a calendar file (RFC 5545, RFC 5546), with nothing in it that calendars may leak."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vDuration

from appointments.models import Appointment
from core import zones

FILENAME = "appointment.ics"
PUBLISHED = "text/calendar; method=PUBLISH"
PLAIN_IN_MAILTO = "@!$'*+-.=_~"
FETCHED_EVERY = timedelta(hours=1)


def link(appointment: Appointment) -> str:
    """Return the full address of the visit's page."""
    path = reverse("appointments:detail", args=[appointment.id])
    return f"{settings.SITE_URL}{path}"


def method(appointment: Appointment) -> str:
    is_cancelled = appointment.status == Appointment.Status.CANCELLED
    return "CANCEL" if is_cancelled else "REQUEST"


def content_type(appointment: Appointment) -> str:
    return f"text/calendar; method={method(appointment)}"


def write(appointment: Appointment, *, email: str, zone: ZoneInfo) -> bytes:
    """
    Return the invitation for one reader, in her zone.

    The same UID with a higher SEQUENCE changes or removes the entry that a calendar already has.
    """
    calendar, event = _calendar(method(appointment)), _entry(appointment, zone=zone)
    event.add("attendee", _attendee(email))
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def write_all(appointments: Iterable[Appointment], *, zone: ZoneInfo) -> bytes:
    """
    Return the entries of several visits in one file. Each can be changed alone later.

    An invitation holds one entry only (RFC 5546, 3.2.2: all of it has one UID); several are
    published, which names no attendee and asks for no answer (3.2.1).
    """
    calendar = _calendar("PUBLISH")
    for appointment in appointments:
        calendar.add_component(_entry(appointment, zone=zone))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def write_feed(appointments: Iterable[Appointment], *, zone: ZoneInfo) -> bytes:
    """Return what a calendar program that subscribes fetches, and how often it should.

    :param appointments: with their moves, or each is asked for its own
    """
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", _("Appointments"))
    calendar.add("refresh-interval", FETCHED_EVERY, parameters={"VALUE": "DURATION"})  # RFC 7986
    calendar.add("x-published-ttl", vDuration(FETCHED_EVERY))  # Outlook's
    for appointment in appointments:
        calendar.add_component(_entry(appointment, zone=zone))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def write_event(appointment: Appointment, *, zone: ZoneInfo) -> bytes:
    """
    Return the visit as it is kept on a calendar server.

    Without a method (RFC 4791, 4.1), and without an organizer: a server that sees one sends
    invitations by itself (RFC 6638).
    """
    calendar, event = _calendar(), _entry(appointment, zone=zone)
    del event["ORGANIZER"]
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _calendar(method: str = "") -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Telehealth//EN")
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", method)
    return calendar


def _entry(appointment: Appointment, *, zone: ZoneInfo) -> Event:
    is_cancelled = appointment.status == Appointment.Status.CANCELLED
    event = Event()
    event.add("uid", f"{appointment.id}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", appointment.version)
    event.add("dtstamp", _changed_at(appointment))
    event.add("dtstart", appointment.starts_at.astimezone(zone))
    event.add("dtend", appointment.ends_at.astimezone(zone))
    event.add("summary", _("Appointment"))
    when = zones.full(appointment.starts_at, zone)
    event.add("description", f"{when}\n{link(appointment)}")
    event.add("url", link(appointment))
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("organizer", vCalAddress(_mailto(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])))
    return event


def _attendee(email: str) -> vCalAddress:
    """The reader has agreed by booking: her calendar need not ask, nor answer us."""
    attendee = vCalAddress(_mailto(email))
    attendee.params["PARTSTAT"] = "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    return attendee


def _mailto(email: str) -> str:
    """An address may hold what means something else in a URI (RFC 6068, 2)."""
    return f"mailto:{quote(email, safe=PLAIN_IN_MAILTO)}"


def _changed_at(appointment: Appointment) -> datetime:
    assert appointment.booked_at is not None  # appointment_booked_at_unless_held
    moved_at = [move.moved_at for move in appointment.moves.all()]
    return appointment.cancelled_at or max([appointment.booked_at, *moved_at])
