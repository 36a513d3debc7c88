"""The chart: consents, encounters, notes. What a patient may ask of it is in `care.rights`, what is
kept apart from it in `care.psychotherapy`."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.care_team import READING, CareRelationship, in_care
from accounts.models import EmergencyAccess, Patient, Practice, Provider, User
from appointments.models import Appointment
from care.psychotherapy import PsychotherapyNote
from care.purposes import ConsentKind, Label, Provision
from care.rights import Addendum, AmendmentRequest, AmendmentStep, Disclosure
from core.db import IdRange, TimeRange
from core.fields import EncryptedText, has_words

__all__ = [
    "Addendum",
    "AmendmentRequest",
    "AmendmentStep",
    "Consent",
    "Disclosure",
    "Encounter",
    "ProgressNote",
    "PsychotherapyNote",
    "SupervisionAgreement",
]

PATIENT = "encounter.appointment.patient"  # whose a note is


class ConsentQuerySet(models.QuerySet["Consent"]):
    def newest(self) -> Self:
        """The last word on each text."""
        later = Consent.objects.filter(
            patient=OuterRef("patient"), kind=OuterRef("kind"), number__gt=OuterRef("number")
        )
        return self.filter(~Exists(later))

    def in_force(self, *, at: datetime) -> Self:
        """Those that permit something at this moment. Asked at each read, and never kept."""
        runs = Q(ends_at=None) | Q(ends_at__gt=at)
        return self.newest().filter(runs, provision=Provision.PERMIT)


class Consent(models.Model):
    """What a patient said to one text, in one version: permitted, or taken back. FHIR Consent.

    Append-only. Taking back is a row too, and of the rows about a text the one with the highest
    number counts.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=24, choices=ConsentKind)
    number = models.PositiveIntegerField()  # 1, 2, 3 … of this patient and kind
    provision = models.CharField(max_length=6, choices=Provision, default=Provision.PERMIT)
    version = models.CharField(max_length=10)  # the date of the text: "2026-11-01"
    sha256 = models.CharField(max_length=64)  # of the text as it was shown
    signed_name = EncryptedText(owner="patient", max_length=120, blank=True)
    signed_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # half-open; null: until it is taken back

    class Privacy:
        phi = ("patient", "kind", "provision", "signed_name", "signed_at", "ends_at")
        plain = ("id", "number", "version", "sha256")

    objects = ConsentQuerySet.as_manager()

    class Tenancy:
        of = "patient"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "kind", "number"], name="consent_once"),
            models.CheckConstraint(
                condition=Q(provision="deny") | has_words("signed_name"), name="consent_has_name"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ConsentKind.values), name="consent_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(provision="permit", number__gte=1)
                | Q(provision="deny", number__gte=2, ends_at=None),
                name="consent_given_before_taken_back",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("signed_at")),
                name="consent_ends_after_start",
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
    label = models.CharField(max_length=24, choices=Label, blank=True)  # set by the note's author

    class Privacy:
        phi = ("opened_at", "label")
        plain = ("id", "appointment")

    class Tenancy:
        of = "appointment"

    objects = EncounterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(label__in=["", *Label.values]), name="encounter_label_known"
            )
        ]

    def __str__(self) -> str:
        return f"encounter {self.id}"


class SupervisionAgreementQuerySet(models.QuerySet["SupervisionAgreement"]):
    def visible_to(self, user: User) -> Self:
        """Those that one is a party to, and works in the practice of."""
        mine = Q(supervisor=user) | Q(supervisee=user)
        return self.filter(mine, practice__memberships__user=user).distinct()

    def current(self) -> Self:
        now = timezone.now()  # noqa: TID251 -- a right is asked live; its askers have no clock
        return self.filter(starts_at__lte=now, ends_at__gt=now, signed_at__lte=now)

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

    def of_patient(self, user: User) -> Self:
        """What is in the record of `user`: the signed notes. A draft is not part of it yet."""
        return self.filter(encounter__appointment__patient__user=user, signed_at__isnull=False)

    def readable_by(self, user: User) -> Self:
        """Signed notes of others: of supervisees, and of patients whom one stands in for."""
        return self.filter(self._may_read(user)).exclude(author__user=user)

    def signed_by(self, agreement: "SupervisionAgreement") -> Self:
        """Those of the supervisee, as of the agreement's practice."""
        return self.filter(
            author__user=agreement.supervisee,
            encounter__appointment__patient__practice=agreement.practice_id,
        )

    def opened_by(self, access: EmergencyAccess) -> Self:
        """Signed notes of the patient of an emergency access. Whether it is open was asked.

        In a medical emergency treatment of substance use may be told without the consent that its
        label asks for (42 CFR 2.51); counseling notes may not.
        """
        shown = self._may_be_shown()
        if access.reason == EmergencyAccess.Reason.MEDICAL:
            shown |= Q(encounter__label=Label.SUBSTANCE_USE)
        return self.filter(
            shown, encounter__appointment__patient=access.patient_id, signed_at__isnull=False
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
        signed = Q(Exists(supervised) | Exists(in_team), signed_at__isnull=False)
        return signed & self._may_be_shown()

    def _may_be_shown(self) -> Q:
        """To others than author and patient: what has a label only under the patient's consent."""
        now = timezone.now()  # noqa: TID251 -- a right is asked live; its askers have no clock
        permitted = Consent.objects.in_force(at=now).filter(
            patient=OuterRef("encounter__appointment__patient"), kind=OuterRef("encounter__label")
        )
        return Q(encounter__label="") | Q(Exists(permitted))


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
