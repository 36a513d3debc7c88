"""Threads between a patient and her provider, and the messages in them."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Patient, Provider, User


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Q(patient__user=user) | Q(provider__user=user))


class Thread(models.Model):
    """The one conversation of a patient and a provider. It is kept as part of the record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="threads")
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="threads")
    opened_at = models.DateTimeField()

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "provider"], name="thread_once"),
        ]

    def __str__(self) -> str:
        return f"thread {self.id}"


class Message(models.Model):
    """FHIR Communication. Append-only but for `read_at`. The id comes from the form: sent once."""

    id = models.UUIDField(primary_key=True)
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="messages")
    author = models.ForeignKey(User, models.PROTECT, related_name="messages")
    body = models.TextField()
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # by the other person

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(body=""), name="message_has_words"),
        ]
        indexes = [models.Index(fields=["thread", "sent_at"], name="message_in_thread")]

    def __str__(self) -> str:
        return f"message {self.id}"
