"""Getting one notice of a visit to one person, by one channel, once.

A duty's key is the visit and its version, the channel and the recipient; with its kind it is
unique. So nothing is sent twice, and whatever changes the visit makes what was planned moot. When a
worker dies after the mail server has taken the letter and before that is written down, it is
sent once more: with the same Message-ID, by which mailboxes know it.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts import contact
from accounts.models import ContactRules, Patient
from appointments.channels import CHANNELS, MAIL, Channel, Notice, Person
from appointments.models import Appointment
from core.duties import Moot, NotYet

PATIENT, PROVIDER = "patient", "provider"


class Changed(Moot):
    """The visit is not as it was; that change has notices of its own."""


class NotChosen(Moot):
    """The patient does not want to be told this way."""


class Closed(Moot):
    """Her account is closed or erased: nobody is there to be told."""


class TooLate(Moot):
    """It would come when it is of no use any more."""


def addressed(appointment: Appointment) -> Iterator[tuple[str, Channel]]:
    """Yield who is told, and by what: the patient as she wants it, the provider by mail."""
    for channel in chosen(appointment):
        yield PATIENT, channel
    yield PROVIDER, MAIL


def chosen(appointment: Appointment) -> list[Channel]:
    """By what the patient wants to be told, of what this site has."""
    assert appointment.patient is not None  # a hold has no notices
    return chosen_by(contact.rules_of(appointment.patient))


def chosen_by(rules: ContactRules) -> list[Channel]:
    return [c for c in CHANNELS.values() if c.is_on() and c.is_chosen(rules)]


def key(appointment: Appointment, channel: str, recipient: str) -> str:
    return f"{appointment.id}:{appointment.version}:{channel}:{recipient}"


def payload(appointment: Appointment, channel: str, recipient: str) -> dict[str, Any]:
    return {
        "appointment": str(appointment.id),
        "version": appointment.version,
        "channel": channel,
        "recipient": recipient,
    }


def visit_of(told: dict[str, Any]) -> Appointment:
    """
    Return the visit that a duty's payload names, as it is now.

    :raises Changed: if it is another version than the one the duty was asked for
    """
    people = Appointment.objects.select_related("patient__user", "provider__user")
    appointment = people.get(id=told["appointment"])
    if appointment.version != told["version"]:
        raise Changed
    return appointment


def message_id(kind: str, appointment: Appointment, channel: str, recipient: str) -> str:
    """The same for each try, and telling nothing: RFC 5322, 3.6.4, asks for a unique one."""
    return message_id_of(f"{kind}:{key(appointment, channel, recipient)}")


def message_id_of(duty: str) -> str:
    """The same, by the kind and key of the duty."""
    told = hashlib.sha256(duty.encode()).hexdigest()[:40]
    return f"<{told}@{urlsplit(settings.SITE_URL).hostname}>"


def send(
    notice: Notice, to: Person, channel_name: str, *, until: datetime | None, now: datetime
) -> None:
    """
    Send it now, if `to` may be told now by this channel.

    :param until: when it is of no use any more; None: it always is
    :raises NotChosen: if she has changed her mind
    :raises NotYet: outside her hours
    :raises TooLate: if it is, or would be by then
    """
    channel = CHANNELS[channel_name]
    if isinstance(to, Patient):
        wait_for_her(to, channel, until=until, now=now)
    channel.send(notice, to)


def wait_for_her(
    patient: Patient, channel: Channel, *, until: datetime | None, now: datetime
) -> None:
    """Ask her rules when the notice leaves: they may be newer than the notice.

    :raises Closed:
    :raises NotChosen:
    :raises NotYet:
    :raises TooLate:
    """
    if not patient.user.is_active:
        raise Closed
    rules = contact.rules_of(patient)
    if not channel.is_chosen(rules):
        raise NotChosen
    at = channel.hours(rules, ZoneInfo(patient.zone)).next(now)
    if until is not None and at >= until:
        raise TooLate
    if at > now:
        raise NotYet(at)
