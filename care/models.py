"""The chart: consents, encounters, notes."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.care_team import READING, CareRelationship, in_care
from accounts.models import Patient, Practice, Provider, User
from appointments.models import Appointment
from core.db import IdRange, TimeRange
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

    class Tenancy:
        of = "patient"

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
        works = in_care(user, patient="appointment__patient", provider="appointment__provider")
        return self.filter(Q(appointment__patient__user=user) | works)


class Encounter(models.Model):
    """What happened in a visit, clinically. Opened when the visit has ended. FHIR Encounter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="encounter")
    opened_at = models.DateTimeField()

    class Privacy:
        phi = ("opened_at",)
        plain = ("id", "appointment")

    class Tenancy:
        of = "appointment"

    objects = EncounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"encounter {self.id}"


class SupervisionAgreementQuerySet(models.QuerySet["SupervisionAgreement"]):
    def visible_to(self, user: User) -> Self:
        """Those that one is a party to, and works in the practice of."""
        mine = Q(supervisor=user) | Q(supervisee=user)
        return self.filter(mine, practice__memberships__user=user).distinct()

    def current(self) -> Self:
        now = timezone.now()  # noqa: TID251 -- a right is asked live; its askers have no clock
        return self.filter(
            starts_at__lte=now, ends_at__gt=now, supervisor_signed_at__lte=now, signed_at__lte=now
        )

    def reading(self, user: User) -> Self:
        """Those by which `user` reads what a supervisee has signed, at this moment."""
        return self.current().filter(
            supervisor=user,
            practice__memberships__user=user,
            practice__memberships__role="supervisor",
        )

    def with_people(self) -> Self:
        return self.select_related("supervisor__provider", "supervisee__provider", "practice")


class SupervisionAgreement(models.Model):
    """Two members of a practice agree that one reads the other's signed notes, for a time.

    The supervisor writes it, which is her signature; it counts once the supervisee has signed.
    Half-open: what ends at ten is over at ten.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="supervision_agreements")
    supervisor = models.ForeignKey(User, models.PROTECT, related_name="supervises")
    supervisee = models.ForeignKey(User, models.PROTECT, related_name="supervised_by")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    supervisor_signed_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)  # by the supervisee

    class Privacy:
        phi = ()
        plain = (
            "practice", "supervisor", "supervisee", "starts_at", "ends_at",
            "supervisor_signed_at", "signed_at",
        )  # fmt: skip

    class Tenancy:
        of = "practice"

    objects = SupervisionAgreementQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="supervision_once",
                expressions=[
                    (IdRange("supervisor"), RangeOperators.OVERLAPS),
                    (IdRange("supervisee"), RangeOperators.OVERLAPS),
                    (TimeRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=~Q(supervisor=F("supervisee")), name="supervision_of_another"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="supervision_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None) | Q(signed_at__gte=F("supervisor_signed_at")),
                name="supervision_supervisor_signs_first",
            ),
        ]

    def __str__(self) -> str:
        return f"supervision agreement {self.pk}"

    def is_over(self, now: datetime) -> bool:
        return self.ends_at <= now


class ProgressNoteQuerySet(models.QuerySet["ProgressNote"]):
    def visible_to(self, user: User) -> Self:
        """What `user` wrote, as long as she cares for the patient; and what she may read."""
        own = in_care(user, patient="encounter__appointment__patient", provider="author")
        return self.filter(own | self._may_read(user))

    def readable_by(self, user: User) -> Self:
        """Signed notes of others: of supervisees, and of patients whom one stands in for."""
        return self.filter(self._may_read(user)).exclude(author__user=user)

    def signed_by(self, agreement: "SupervisionAgreement") -> Self:
        """Those of the supervisee, as of the agreement's practice."""
        return self.filter(
            author__user=agreement.supervisee,
            encounter__appointment__patient__practice=agreement.practice_id,
        )

    def newest_first(self) -> Self:
        """With what a page about them names."""
        people = ("author", "encounter__appointment__patient", "encounter__appointment__provider")
        return self.select_related(*people).order_by("-signed_at", "-pk")

    def _may_read(self, user: User) -> Q:
        supervised = SupervisionAgreement.objects.reading(user).filter(
            supervisee=OuterRef("author__user"),
            practice=OuterRef("encounter__appointment__patient__practice"),
        )
        in_team = CareRelationship.objects.of(user, READING).filter(
            patient=OuterRef("encounter__appointment__patient")
        )
        return Q(Exists(supervised) | Exists(in_team), signed_at__isnull=False)


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

    class Tenancy:
        of = "encounter"
        agrees = ("author",)

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
