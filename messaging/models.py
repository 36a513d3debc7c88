"""Threads between a patient and her provider, and the messages in them."""

import uuid
from typing import Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Count, Max, Q

from accounts.care_team import in_care
from accounts.models import Patient, Provider, User
from core.fields import EncryptedText, fits, has_words

LONGEST = 4000  # characters of a message


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user: User) -> Self:
        works = in_care(user, patient="patient", provider="provider")
        return self.filter(Q(patient__user=user) | works)

    def with_people(self) -> Self:
        return self.select_related("patient__user", "provider__user")

    def with_news_for(self, user: User) -> Self:
        """Add `last_at` and `unread_count`, the thread that moved last first."""
        unread = Q(messages__read_at=None) & ~Q(messages__author=user)
        return self.annotate(
            last_at=Max("messages__sent_at"), unread_count=Count("messages", filter=unread)
        ).order_by("-last_at", "-opened_at")


class Thread(models.Model):
    """The one conversation of a patient and a provider. It is kept as part of the record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="threads")
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="threads")
    opened_at = models.DateTimeField()

    class Privacy:
        phi = ("patient", "opened_at")
        plain = ("id", "provider")

    class Tenancy:
        of = "patient"
        agrees = ("provider",)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "provider"], name="thread_once"),
        ]

    def __str__(self) -> str:
        return f"thread {self.id}"

    @property
    def topic(self) -> str:
        """Where its live events are published."""
        return f"thread.{self.id}"

    def is_patient(self, user: User) -> bool:
        return self.patient.user_id == user.pk

    def other(self, user: User) -> User:
        """Return whom `user` talks to here."""
        return self.provider.user if self.is_patient(user) else self.patient.user

    def name_for(self, user: User) -> str:
        """Return the other person's name as `user` reads it."""
        return self.provider.title if self.is_patient(user) else self.patient.name

    def zone_for(self, user: User) -> ZoneInfo:
        """Return the zone in which `user` reads times; a socket has no request to tell."""
        return ZoneInfo(self.patient.zone if self.is_patient(user) else self.provider.zone)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> Self:
        works = in_care(user, patient="thread__patient", provider="thread__provider")
        return self.filter(Q(thread__patient__user=user) | works)

    def with_people(self) -> Self:
        return self.select_related("thread__patient__user", "thread__provider__user")

    def unread_by(self, user: User) -> Self:
        """Those that wait for `user` in the threads they are taken from."""
        return self.filter(read_at=None).exclude(author=user)


class Message(models.Model):
    """FHIR Communication. A trigger keeps it as it is, but for `read_at`, which is set once."""

    id = models.UUIDField(primary_key=True)  # made by the form: a message sent twice is one
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="messages")
    number = models.PositiveIntegerField()  # 1, 2, 3 … in its thread: what a page has seen so far
    author = models.ForeignKey(User, models.PROTECT, related_name="messages")
    body = EncryptedText(owner="thread.patient", max_length=LONGEST)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # by the other person

    class Privacy:
        phi = ("body", "sent_at", "read_at")
        plain = ("id", "thread", "number", "author")

    class Tenancy:
        of = "thread"

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["thread", "number"], name="message_numbered_once"),
            models.CheckConstraint(condition=has_words("body"), name="message_has_words"),
            models.CheckConstraint(condition=fits("body", LONGEST), name="message_not_too_long"),
        ]
        indexes = [
            models.Index(fields=["thread"], name="message_unread", condition=Q(read_at=None))
        ]

    def __str__(self) -> str:
        return f"message {self.id}"
