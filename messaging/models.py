"""Threads between a patient and her provider, the messages in them, and what is attached."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Count, Max, Q

from accounts.care_team import in_care
from accounts.models import Patient, Provider, User
from core.fields import EncryptedText, fits, has_words
from messaging.kinds import OF_TYPE, ContentType, Reason
from messaging.limits import LONGEST_TITLE, MOST_BYTES, MOST_FILES

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

    def with_attachments(self) -> Self:
        return self.prefetch_related("attachments")

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


class InvalidTransition(Exception):
    """The attachment was checked before."""


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> Self:
        """Those of the messages that the user may read."""
        ways = {"patient": "message__thread__patient", "provider": "message__thread__provider"}
        return self.filter(Q(message__thread__patient__user=user) | in_care(user, **ways))

    def waiting(self, *, author: User, patient: Patient) -> Self:
        """Those that the author sent to or for the patient, and that are not checked yet."""
        sent = self.filter(message__author=author, message__thread__patient=patient)
        return sent.filter(status=Attachment.Status.QUARANTINED)

    def clean(self) -> Self:
        """Those that were checked, and may be passed on."""
        return self.filter(status=Attachment.Status.CLEAN)

    def with_people(self) -> Self:
        return self.select_related("message__thread__patient", "message__thread__provider")


class Attachment(models.Model):
    """FHIR Attachment: a file with a message. Once checked, a trigger keeps it as it is.

    What is in it lies in a sealed file (`core.sealed_files`): before the check as it was sent,
    after it as `cleaning` made it. A refused one has none.
    """

    class Status(models.TextChoices):
        QUARANTINED = "quarantined"
        CLEAN = "clean"
        REFUSED = "refused"

    NEXT: ClassVar[dict[str, Collection[str]]] = {
        Status.QUARANTINED: (Status.CLEAN, Status.REFUSED),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(Message, models.PROTECT, related_name="attachments")
    number = models.PositiveSmallIntegerField()  # 1, 2, 3 … in its message
    title = EncryptedText(owner="message.thread.patient", max_length=LONGEST_TITLE)
    content_type = models.CharField(max_length=15, choices=ContentType)
    size = models.PositiveIntegerField()  # bytes of what is in the file
    sha256 = EncryptedText(owner="message.thread.patient", max_length=64)  # as it was sent
    file = models.UUIDField(null=True, unique=True)
    status = models.CharField(max_length=11, choices=Status, default=Status.QUARANTINED)
    reason = models.CharField(max_length=15, choices=Reason, blank=True)
    checked_at = models.DateTimeField(null=True)

    class Privacy:
        phi = ("title", "content_type", "size", "sha256", "checked_at")
        plain = ("id", "message", "number", "file", "status", "reason")

    class Tenancy:
        of = "message"

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="attachment_numbered_once"),
            models.CheckConstraint(
                condition=Q(number__range=(1, MOST_FILES)), name="attachment_not_too_many"
            ),
            models.CheckConstraint(
                condition=Q(size__range=(1, MOST_BYTES)), name="attachment_not_too_large"
            ),
            models.CheckConstraint(condition=has_words("title"), name="attachment_has_title"),
            models.CheckConstraint(condition=has_words("sha256"), name="attachment_has_sha256"),
            models.CheckConstraint(
                condition=Q(content_type__in=ContentType.values), name="attachment_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(status="quarantined", checked_at=None, reason="", file__isnull=False)
                | Q(status="clean", checked_at__isnull=False, reason="", file__isnull=False)
                | Q(
                    status="refused",
                    checked_at__isnull=False,
                    reason__in=Reason.values,
                    file=None,
                ),
                name="attachment_status_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"attachment {self.id}"

    @property
    def about(self) -> str:
        """For what row its sealed file opens."""
        return f"messaging_attachment|{self.id}"

    @property
    def name(self) -> str:
        """What a copy calls the file: nothing that anybody wrote."""
        return f"{self.id}.{OF_TYPE[self.content_type].extensions[0]}"

    def pass_on(self, *, file: uuid.UUID, size: int, now: datetime) -> None:
        """
        :param file: the harmless copy, which takes the place of what was sent
        :raises InvalidTransition:
        """
        self._enter(self.Status.CLEAN, file=file, size=size, checked_at=now)

    def refuse(self, *, reason: Reason, now: datetime) -> None:
        """
        :raises InvalidTransition:
        """
        self._enter(self.Status.REFUSED, file=None, reason=reason, checked_at=now)

    def _enter(self, status: str, **values: object) -> None:
        # Lock, then look: a check that was cut short may run a second time beside the first.
        self.refresh_from_db(from_queryset=Attachment.objects.select_for_update(of=("self",)))
        if status not in self.NEXT.get(self.status, ()):
            raise InvalidTransition(f"{self.status} -> {status}")
        self.status = status
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=["status", *values])
