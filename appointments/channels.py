"""How a notice reaches a person: one interface, one class a channel.

A new channel is a class here and a field of accounts.ContactRules.
"""

from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts import phones
from accounts.models import ContactRules, Patient, Provider
from appointments.contact_hours import ORDINARY, WHOLE_DAY, ContactHours
from core import text_messages
from core.duties import CannotBeDone

Person = Patient | Provider


class NoNumber(CannotBeDone):
    """The phone is none that a text message reaches."""


class ChannelOff(CannotBeDone):
    """This site sends nothing by it any more."""


@dataclass(frozen=True)
class Notice:
    """What is told, the same on every channel: neutral words, a time, a link."""

    message_id: str
    subject: str
    opening: str
    when: str
    link: str
    before: str = ""  # the time it had until now
    times: tuple[tuple[str, str], ...] = ()  # of several visits: when, and before
    template: str = "appointments/mail/notice.txt"
    calendar: tuple[str, bytes, str] | None = None  # name, content, type


class Channel(Protocol):
    name: str

    def is_on(self) -> bool:
        """Whether this site sends by it at all."""

    def is_chosen(self, rules: ContactRules) -> bool: ...

    def hours(self, rules: ContactRules, zone: ZoneInfo) -> ContactHours:
        """When it may reach her: the hours she has chosen; else those in which it disturbs not."""

    def send(self, notice: Notice, to: Person) -> None: ...


class Mail:
    """Lies in a mailbox until she looks; it wakes nobody."""

    name = "mail"

    def is_on(self) -> bool:
        return True

    def is_chosen(self, rules: ContactRules) -> bool:
        return rules.by_mail

    def hours(self, rules: ContactRules, zone: ZoneInfo) -> ContactHours:
        return ContactHours(*(rules.safe_hours or WHOLE_DAY), zone)

    def send(self, notice: Notice, to: Person) -> None:
        letter = EmailMessage(
            subject=notice.subject,
            body=render_to_string(notice.template, {"notice": notice}),
            to=[to.user.email],
            headers={"Auto-Submitted": "auto-generated", "Message-ID": notice.message_id},
        )
        if notice.calendar:
            letter.attach(*notice.calendar)
        letter.send()


class Text:
    """Rings."""

    name = "text"

    def is_on(self) -> bool:
        return text_messages.is_on()

    def is_chosen(self, rules: ContactRules) -> bool:
        return rules.by_text

    def hours(self, rules: ContactRules, zone: ZoneInfo) -> ContactHours:
        return ContactHours(*(rules.safe_hours or ORDINARY), zone)

    def send(self, notice: Notice, to: Person) -> None:
        """
        :raises NoNumber:
        :raises ChannelOff:
        """
        gateway = text_messages.gateway()
        if gateway is None:
            raise ChannelOff
        number = phones.e164(to.phone) if isinstance(to, Patient) else ""
        if not number:
            raise NoNumber
        gateway.send(to=number, text=worded(notice))


def worded(notice: Notice) -> str:
    """One sign outside the alphabet of GSM would halve what a text holds: babel's narrow space."""
    return f"{notice.opening}\n{notice.when}\n{notice.link}".replace("\u202f", " ")


CHANNELS: dict[str, Channel] = {channel.name: channel for channel in (Mail(), Text())}
MAIL = CHANNELS[Mail.name]
