"""What a patient may ask of her record: to whom it went, and that it be put right. Rows only.

`care.models` builds on it. 45 CFR 164.526 and 164.528.
"""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Patient, User
from core.fields import EncryptedText, has_words

NOTE = "care.ProgressNote"
LOOKS_AFTER = (Membership.Role.ADMIN, Membership.Role.PRIVACY_OFFICER)
LONGEST = 2000  # characters of what is asked for, answered or disagreed with


def looked_after_by(user: User) -> Q:
    """The rows of the practices in which `user` answers for the rights of patients."""
    held = Membership.objects.filter(user=user, role__in=LOOKS_AFTER)
    return Q(patient__practice__in=held.values("practice"))


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def of_patient(self, user: User) -> Self:
        return self.filter(patient__user=user)

    def kept_by(self, user: User) -> Self:
        """Those of the practice that `user` keeps the register of."""
        return self.filter(looked_after_by(user))

    def accounted(self, *, now: datetime) -> Self:
        """Those that the patient is told of: of six years, newest first."""
        return self.filter(disclosed_at__gt=six_years_before(now)).order_by("-disclosed_at", "-pk")


class Disclosure(models.Model):
    """That something of a record went to somebody outside: when, to whom, what, why. Append-only.

    Every copy for somebody else than the patient writes one; staff enter those of other roads.
    """

    class Purpose(models.TextChoices):
        TREATMENT = "treatment", _("Treatment")
        PAYMENT = "payment", _("Payment")
        OPERATIONS = "operations", _("Running the practice")
        REQUEST = "patient-request", _("The patient asked for it")
        LAW = "required-by-law", _("A law or a court asked for it")
        HEALTH = "public-health", _("Public health or safety")
        OTHER = "other", _("Another reason")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="disclosures")
    disclosed_at = models.DateTimeField()
    recipient = EncryptedText(owner="patient", max_length=200)  # with the address, if known
    what = EncryptedText(owner="patient", max_length=500)
    purpose = models.CharField(max_length=15, choices=Purpose)
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # null: an operator

    class Privacy:
        phi = ("patient", "disclosed_at", "recipient", "what", "purpose")
        plain = ("id", "recorded_at", "by")

    class Tenancy:
        of = "patient"

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=has_words("recipient") & has_words("what"),
                name="disclosure_says_what_to_whom",
            ),
            models.CheckConstraint(
                condition=Q(disclosed_at__lte=F("recorded_at")), name="disclosure_has_happened"
            ),
            models.CheckConstraint(
                condition=Q(
                    purpose__in=[
                        "treatment",
                        "payment",
                        "operations",
                        "patient-request",
                        "required-by-law",
                        "public-health",
                        "other",
                    ]
                ),
                name="disclosure_purpose_known",
            ),
        ]

    def __str__(self) -> str:
        return f"disclosure {self.pk}"


def six_years_before(now: datetime) -> datetime:
    """164.528(a)(1). Of February 29, the last day of February."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year - 6, day=day)


class AmendmentRequestQuerySet(models.QuerySet["AmendmentRequest"]):
    def of_patient(self, user: User) -> Self:
        return self.filter(patient__user=user)

    def answered_by(self, user: User) -> Self:
        """Those that `user` may answer: of notes she wrote, or of a practice she looks after."""
        own = Membership.objects.filter(user=user, role=Membership.Role.PROVIDER)
        wrote = Q(note__author__user=user, patient__practice__in=own.values("practice"))
        return self.filter(wrote | looked_after_by(user))

    def waiting(self) -> Self:
        """Those that nobody has decided."""
        decided = AmendmentStep.objects.filter(
            request=OuterRef("pk"), kind__in=AmendmentStep.DECISIONS
        )
        return self.filter(~Exists(decided))

    def with_steps(self) -> Self:
        """With all that a page shows of them, the oldest first: it is due first."""
        people = ("patient", "note__author", "note__encounter__appointment")
        return self.select_related(*people).prefetch_related("steps").order_by("asked_at", "pk")


class AmendmentRequest(models.Model):
    """A patient asks that an entry of her record be changed. Append-only, like all its steps."""

    DAYS = 60  # to answer in, 164.526(b)(2)
    MORE_DAYS = 30  # once, and in writing

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="amendment_requests")
    note = models.ForeignKey(
        NOTE, models.PROTECT, null=True, related_name="amendment_requests"
    )  # null: another entry, which `change` names
    change = EncryptedText(owner="patient", max_length=LONGEST)
    reason = EncryptedText(owner="patient", max_length=LONGEST)
    asked_at = models.DateTimeField()

    class Privacy:
        phi = ("patient", "note", "change", "reason", "asked_at")
        plain = ("id",)

    class Tenancy:
        of = "patient"
        agrees = ("note",)

    objects = AmendmentRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=has_words("change") & has_words("reason"),
                name="amendment_says_what_and_why",
            )
        ]

    def __str__(self) -> str:
        return f"amendment request {self.pk}"

    def step(self, *kinds: str) -> "AmendmentStep | None":
        """The step of one of these kinds. Uses what `with_steps` has fetched."""
        return next((step for step in self.steps.all() if step.kind in kinds), None)

    @property
    def decision(self) -> "AmendmentStep | None":
        return self.step(*AmendmentStep.DECISIONS)

    @property
    def extension(self) -> "AmendmentStep | None":
        return self.step(AmendmentStep.Kind.EXTENDED)

    @property
    def disagreement(self) -> "AmendmentStep | None":
        return self.step(AmendmentStep.Kind.DISAGREED)

    @property
    def due_at(self) -> datetime:
        days = self.DAYS + (self.MORE_DAYS if self.extension else 0)
        return self.asked_at + timedelta(days=days)


class AmendmentStep(models.Model):
    """What became of a request: more time, the answer, the patient's statement. Append-only."""

    class Kind(models.TextChoices):
        EXTENDED = "extended", _("We need more time")
        ACCEPTED = "accepted", _("Accepted")
        DENIED = "denied", _("Denied")
        DISAGREED = "disagreed", _("Your statement of disagreement")

    DECISIONS = (Kind.ACCEPTED, Kind.DENIED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(AmendmentRequest, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=9, choices=Kind)
    words = EncryptedText(owner="request.patient", max_length=LONGEST)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Privacy:
        phi = ("request", "kind", "words", "at")
        plain = ("id", "by")

    class Tenancy:
        of = "request"

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=has_words("words"), name="amendment_step_has_words"),
            models.CheckConstraint(
                condition=Q(kind__in=["extended", "accepted", "denied", "disagreed"]),
                name="amendment_step_known",
            ),
            models.UniqueConstraint(fields=["request", "kind"], name="amendment_step_once"),
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(kind__in=["accepted", "denied"]),
                name="amendment_decided_once",
            ),
        ]


class Addendum(models.Model):
    """Words added to a signed note, which itself stays as it is. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    note = models.ForeignKey(NOTE, models.PROTECT, related_name="addenda")
    request = models.OneToOneField(AmendmentRequest, models.PROTECT, related_name="addendum")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    body = EncryptedText(owner="note.encounter.appointment.patient", max_length=LONGEST)
    written_at = models.DateTimeField()

    class Privacy:
        phi = ("body", "written_at")
        plain = ("id", "note", "request", "author")

    class Tenancy:
        of = "note"
        agrees = ("request",)

    class Meta:
        ordering = ["written_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=has_words("body"), name="addendum_has_words")
        ]

    def __str__(self) -> str:
        return f"addendum {self.pk}"
