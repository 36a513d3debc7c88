"""The one road to signed notes beside care: for an emergency, for half an hour, in plain sight."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.patients import Patient
from accounts.models.users import Membership, User
from core.db import IdRange, TimeRange
from core.fields import EncryptedText, has_words

LASTS = timedelta(minutes=30)
REVIEWED_WITHIN = timedelta(days=7)
WORKING_AS = (Membership.Role.PROVIDER, Membership.Role.SUPERVISOR)  # who may open one
END = Coalesce("ended_at", "ends_at")


class EmergencyAccessQuerySet(models.QuerySet["EmergencyAccess"]):
    def open_to(self, user: User) -> Self:
        """Those by which `user` reads at this moment, and works where the patient is cared for."""
        now = timezone.now()  # noqa: TID251 -- a right is asked live; its askers have no clock
        works = Membership.objects.filter(
            user=user, practice=OuterRef("patient__practice"), role__in=WORKING_AS
        )
        mine = self.filter(Exists(works), person=user, person__is_active=True)
        return mine.filter(ended_at=None, starts_at__lte=now, ends_at__gt=now)

    def watched_by(self, user: User) -> Self:
        """Those of the practice whose privacy officer `user` is, over or not."""
        watches = Membership.objects.filter(
            user=user,
            practice=OuterRef("patient__practice"),
            role=Membership.Role.PRIVACY_OFFICER,
        )
        return self.filter(Exists(watches))

    def to_review(self) -> Self:
        """What nobody has judged yet, oldest first: it waits until somebody does."""
        return self.filter(reviewed_at=None).order_by("starts_at", "pk")

    def with_people(self) -> Self:
        return self.select_related("patient__practice", "person__provider", "reviewed_by__provider")


class EmergencyAccess(models.Model):
    """Somebody outside a patient's care reads what is signed in her chart, and has to say why.

    Half-open: from ten it lasts until half past, which it is over at. `ended_at` is set where it
    ended before: by herself, or because the account was closed or a role taken. Once reviewed, a
    trigger keeps it as it is. FHIR AuditEvent.purposeOfEvent BTG; HIPAA 164.312(a)(2)(ii).
    """

    class Reason(models.TextChoices):
        SELF = "danger-to-self", _("The patient may be about to end their life")
        OTHERS = "danger-to-others", _("Someone else may be in danger")
        MEDICAL = "medical", _("A medical emergency")
        RESPONDERS = "responders", _("A hospital or emergency service asks")

    class Outcome(models.TextChoices):
        APPROPRIATE = "appropriate", _("Appropriate")
        NOT_APPROPRIATE = "not-appropriate", _("Not appropriate")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="emergency_accesses")
    person = models.ForeignKey(User, models.PROTECT, related_name="emergency_accesses")
    reason = models.CharField(max_length=20, choices=Reason)
    circumstances = EncryptedText(owner="patient", max_length=500)  # in the person's own words
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # before its time
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    remark = EncryptedText(owner="patient", max_length=500, blank=True)  # of the reviewer

    class Privacy:
        phi = (
            "patient", "reason", "circumstances", "starts_at", "ends_at", "ended_at", "outcome",
            "remark",
        )  # fmt: skip
        plain = ("id", "person", "reviewed_at", "reviewed_by")

    class Tenancy:
        of = "patient"

    objects = EmergencyAccessQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="emergency_one_open",
                expressions=[
                    (IdRange("patient"), RangeOperators.OVERLAPS),
                    (IdRange("person"), RangeOperators.OVERLAPS),
                    (TimeRange("starts_at", END), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(ends_at=F("starts_at") + LASTS), name="emergency_half_an_hour"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None)
                | Q(ended_at__gte=F("starts_at"), ended_at__lt=F("ends_at")),
                name="emergency_ended_before_its_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    reason__in=["danger-to-self", "danger-to-others", "medical", "responders"]
                ),
                name="emergency_reason_known",
            ),
            models.CheckConstraint(
                condition=has_words("circumstances"), name="emergency_has_circumstances"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None, outcome="") & ~has_words("remark")
                | Q(
                    reviewed_at__isnull=False,
                    reviewed_by__isnull=False,
                    outcome__in=["appropriate", "not-appropriate"],
                ),
                name="emergency_review_whole",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="not-appropriate") | has_words("remark"),
                name="emergency_not_appropriate_says_why",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None) | Q(reviewed_at__gte=END),
                name="emergency_reviewed_once_over",
            ),
            models.CheckConstraint(
                condition=~Q(reviewed_by=F("person")), name="emergency_reviewed_by_another"
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at"], name="emergency_to_review", condition=Q(reviewed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"emergency access {self.pk}"

    @property
    def over_at(self) -> datetime:
        return self.ended_at or self.ends_at

    @property
    def review_by(self) -> datetime:
        return self.starts_at + REVIEWED_WITHIN

    def is_over(self, now: datetime) -> bool:
        return self.over_at <= now
