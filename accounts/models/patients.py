"""Who is cared for, what keeps her record, and what is left of one that was erased."""

import uuid
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import names, phones
from accounts.care_team import CLINICAL, Care, CareRelationship
from accounts.codes import State
from accounts.models.practices import Practice
from accounts.models.users import Membership, User
from core.blind_index import BlindIndex
from core.fields import SELF, EncryptedDate, EncryptedText, has_words

# Who in a practice keeps what concerns money and time, and nothing clinical.
OFFICE = (Membership.Role.BILLING, Membership.Role.FRONT_DESK, Membership.Role.ADMIN)


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> Self:
        """One's own record, and those of the people one cares for at this moment."""
        in_care = CareRelationship.objects.of(user, Care.values).filter(patient=OuterRef("pk"))
        return self.filter(Q(user=user) | Exists(in_care))

    def in_clinical_care_of(self, user: User) -> Self:
        """Those whom `user` treats, or treats in somebody's stead, at this moment."""
        cares = CareRelationship.objects.of(user, CLINICAL).filter(patient=OuterRef("pk"))
        return self.filter(Exists(cares))

    def at_desk_of(self, user: User) -> Self:
        """The patients of the practice whose calendar `user` keeps, but for herself, and for those
        who are nobody any more."""
        keeps = Membership.objects.filter(user=user, role__in=Membership.KEEP_CALENDARS)
        ours = self.filter(practice__in=keeps.values("practice"), erasure=None)
        return ours.exclude(user=user)

    def with_email(self, address: str) -> Self:
        """Whoever signs in with this address, or keeps the account of a child with it."""
        return self.filter(user__email__iexact=address)

    def kept_by(self, user: User) -> Self:
        """The patients of the practice in whose office `user` works, but for herself, and for those
        who are nobody any more."""
        office = Membership.objects.filter(user=user, role__in=OFFICE)
        ours = self.filter(practice__in=office.values("practice"), erasure=None)
        return ours.exclude(user=user)

    def with_phone(self, number: str) -> Self:
        """Those who are reached under a number, however it is written: a family may share one."""
        return self._indexed("phone_index", number)

    def known_as(self, legal_name: str, *, born_on: date) -> Self:
        """Those with exactly this legal name and date of birth: one, but for a rare chance."""
        return self._indexed("identity_index", legal_name, born_on)

    def _indexed(self, name: str, *values: Any) -> Self:
        field: Any = self.model._meta.get_field(name)  # noqa: SLF001 -- documented
        index = field.digest(*values)
        return self.filter(**{name: index}) if index else self.none()


class Patient(models.Model):
    """A person who is cared for. FHIR Patient.

    For a child, the account is that of her parent or guardian, and so are the e-mails.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # the id in addresses
    user = models.OneToOneField(User, models.PROTECT, related_name="patient")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="patients")
    legal_name = EncryptedText(owner=SELF, max_length=120)
    preferred_name = EncryptedText(owner=SELF, max_length=120, blank=True)
    date_of_birth = EncryptedDate(owner=SELF)
    phone = EncryptedText(owner=SELF, max_length=20)
    phone_index = BlindIndex(of=["phone"], normal=phones.e164)
    identity_index = BlindIndex(of=["legal_name", "date_of_birth"], normal=names.identity)
    state = models.CharField(max_length=2, choices=State)  # of residence; each visit asks anew
    zone = models.CharField(max_length=64)
    emergency_name = EncryptedText(owner=SELF, max_length=120)
    emergency_relation = EncryptedText(owner=SELF, max_length=60)
    emergency_phone = EncryptedText(owner=SELF, max_length=20)
    guardian_name = EncryptedText(owner=SELF, max_length=120, blank=True)
    guardian_relation = EncryptedText(owner=SELF, max_length=60, blank=True)

    class Privacy:
        phi = (
            "legal_name", "preferred_name", "date_of_birth", "phone", "phone_index",
            "identity_index", "state", "zone", "emergency_name", "emergency_relation",
            "emergency_phone", "guardian_name", "guardian_relation",
        )  # fmt: skip
        plain = ("ref", "user", "practice")

    class Tenancy:
        of = "practice"

    objects = PatientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=has_words("guardian_name") & has_words("guardian_relation")
                | ~has_words("guardian_name") & ~has_words("guardian_relation"),
                name="patient_guardian_named_whole",
            )
        ]
        indexes = [
            models.Index(fields=["phone_index"], name="patient_by_phone"),
            models.Index(fields=["identity_index"], name="patient_by_identity"),
        ]

    def __str__(self) -> str:
        return f"patient {self.pk}"

    @property
    def name(self) -> str:
        """What to call her."""
        return self.preferred_name or self.legal_name


class LegalHold(models.Model):
    """A duty to keep a patient's record whatever she or the calendar asks: a suit, an inquiry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="legal_holds")
    reason = EncryptedText(owner="patient", max_length=500)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Privacy:
        phi = ("patient", "reason", "placed_at", "lifted_at")
        plain = ("id", "placed_by", "lifted_by")

    class Tenancy:
        of = "patient"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=has_words("reason"), name="legal_hold_has_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="legal_hold_lifted_by_someone",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(lifted_at=None), name="legal_hold_one_open"
            ),
        ]


class Erasure(models.Model):
    """That a patient's key was destroyed: when, by whom, why. Append-only; it names nobody."""

    class Reason(models.TextChoices):
        REQUEST = "request", _("The patient asked for it")
        RETENTION = "retention", _("It was kept for as long as it had to be")
        ORDER = "order", _("A court or an authority ordered it")

    patient = models.OneToOneField(Patient, models.PROTECT, related_name="erasure")
    reason = models.CharField(max_length=9, choices=Reason)
    erased_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Privacy:
        phi = ("patient", "reason", "erased_at")
        plain = ("by",)

    class Tenancy:
        of = "patient"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["request", "retention", "order"]),
                name="erasure_reason_known",
            )
        ]
