"""The chart: consents, encounters, notes."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.care_team import in_care
from accounts.models import Patient, Provider, User
from appointments.models import Appointment


class ConsentKind(models.TextChoices):
    TELEHEALTH = "telehealth", _("Telehealth consent")
    CANCELLATION = "cancellation-policy", _("Cancellation policy")


class Consent(models.Model):
    """One text, in one version, agreed to by one patient. Append-only. FHIR Consent."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=24, choices=ConsentKind)
    version = models.CharField(max_length=10)  # the date of the text: "2026-11-01"
    sha256 = models.CharField(max_length=64)  # of the text as it was shown
    signed_name = models.CharField(max_length=120)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "kind", "version"], name="consent_once"),
            models.CheckConstraint(condition=~Q(signed_name=""), name="consent_has_name"),
            models.CheckConstraint(
                condition=Q(kind__in=["telehealth", "cancellation-policy"]),
                name="consent_kind_known",
            ),
        ]


class EncounterQuerySet(models.QuerySet["Encounter"]):
    def visible_to(self, user: User) -> Self:
        works = in_care(user, patient="appointment__patient", provider="appointment__provider")
        return self.filter(Q(appointment__patient__user=user) | works)


class Encounter(models.Model):
    """What happened in a visit, clinically. Opened when the visit has ended. FHIR Encounter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="encounter")
    opened_at = models.DateTimeField()

    objects = EncounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"encounter {self.id}"


class ProgressNoteQuerySet(models.QuerySet["ProgressNote"]):
    def visible_to(self, user: User) -> Self:
        """What `user` wrote, as long as she cares for the patient."""
        return self.filter(
            in_care(user, patient="encounter__appointment__patient", provider="author")
        )


class ProgressNote(models.Model):
    """The provider's account of one encounter. Once signed, a trigger keeps it as it is."""

    encounter = models.OneToOneField(Encounter, models.PROTECT, related_name="note")
    author = models.ForeignKey(Provider, models.PROTECT, related_name="notes")
    body = models.TextField(blank=True)
    saved_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=0)  # counts the changes; a page knows its own
    signed_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the body, taken at signing

    objects = ProgressNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at=None, sha256="")
                | Q(signed_at__isnull=False) & ~Q(sha256="") & ~Q(body=""),
                name="note_signed_with_hash_and_words",
            )
        ]

    def __str__(self) -> str:
        return f"note {self.pk}"

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None
