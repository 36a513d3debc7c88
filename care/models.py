"""The chart: consents, encounters, notes."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Patient, Provider, User
from appointments.models import Appointment
from core.fields import EncryptedText, has_words

PATIENT = "encounter.appointment.patient"  # whose a note is


class ConsentKind(models.TextChoices):
    TELEHEALTH = "telehealth", _("Telehealth consent")
    CANCELLATION = "cancellation-policy", _("Cancellation policy")


class Consent(models.Model):
    """One text, in one version, agreed to by one patient. Append-only. FHIR Consent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=24, choices=ConsentKind)
    version = models.CharField(max_length=10)  # the date of the text: "2026-11-01"
    sha256 = models.CharField(max_length=64)  # of the text as it was shown
    signed_name = EncryptedText(owner="patient", max_length=120)
    signed_at = models.DateTimeField()

    class Privacy:
        phi = ("patient", "kind", "signed_name", "signed_at")
        plain = ("id", "version", "sha256")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "kind", "version"], name="consent_once"),
            models.CheckConstraint(condition=has_words("signed_name"), name="consent_has_name"),
            models.CheckConstraint(
                condition=Q(kind__in=["telehealth", "cancellation-policy"]),
                name="consent_kind_known",
            ),
        ]


class EncounterQuerySet(models.QuerySet["Encounter"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Q(appointment__patient__user=user) | Q(appointment__provider__user=user))


class Encounter(models.Model):
    """What happened in a visit, clinically. Opened when the visit has ended. FHIR Encounter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="encounter")
    opened_at = models.DateTimeField()

    class Privacy:
        phi = ("opened_at",)
        plain = ("id", "appointment")

    objects = EncounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"encounter {self.id}"


class ProgressNoteQuerySet(models.QuerySet["ProgressNote"]):
    def visible_to(self, user: User) -> Self:
        """Its author's own notes."""
        return self.filter(author__user=user)


class ProgressNote(models.Model):
    """The provider's account of one encounter. Once signed, a trigger keeps it as it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    encounter = models.OneToOneField(Encounter, models.PROTECT, related_name="note")
    author = models.ForeignKey(Provider, models.PROTECT, related_name="notes")
    body = EncryptedText(owner=PATIENT, blank=True)
    saved_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=0)  # counts the changes; a page knows its own
    signed_at = models.DateTimeField(null=True)
    # Of the body, taken at signing. A hash lets one guess at short words, so it is sealed too.
    sha256 = EncryptedText(owner=PATIENT, max_length=64, blank=True)

    class Privacy:
        phi = ("body", "sha256", "saved_at", "signed_at")
        plain = ("id", "encounter", "author", "revision")

    objects = ProgressNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at=None) & ~has_words("sha256")
                | Q(signed_at__isnull=False) & has_words("sha256") & has_words("body"),
                name="note_signed_with_hash_and_words",
            )
        ]

    def __str__(self) -> str:
        return f"note {self.pk}"

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None
