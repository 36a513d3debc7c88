"""A fee for a time that was kept in vain: proposed by the rule, decided by a person. Both stay."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.care_team import in_care
from accounts.models import Membership, User
from accounts.models.patients import OFFICE
from appointments.models import Appointment

VISIT = "appointment"
REASONS = ["exempt", "failed", "practice", "payer", "goodwill", "first-time", "taken-back"]


class FeeProposalQuerySet(models.QuerySet["FeeProposal"]):
    def visible_to(self, user: User) -> Self:
        """Those of her own visits, while care goes on, or those of the practice in whose office
        `user` works; what she owes herself is no work of hers. Whoever sees one may waive it."""
        return self._of(user, OFFICE)

    def answered_by(self, user: User) -> Self:
        """Those that `user` may charge: as the provider of the visit, or as billing staff."""
        return self._of(user, [Membership.Role.BILLING])

    def _of(self, user: User, roles: object) -> Self:
        office = Membership.objects.filter(user=user, role__in=roles).values("practice")
        hers = in_care(user, patient=f"{VISIT}__patient", provider=f"{VISIT}__provider")
        ours = Q(appointment__provider__practice__in=office) & ~Q(appointment__patient__user=user)
        return self.filter(hers | ours)

    def still_open(self) -> Self:
        """Those that nobody has decided, the oldest visit first, with whom it is about."""
        found = self.filter(decision=None).select_related(f"{VISIT}__patient", f"{VISIT}__provider")
        return found.order_by(f"{VISIT}__starts_at", "pk")

    def standing(self) -> Self:
        """Those whose reason still holds: that nobody came may have been taken back."""
        missed = Q(reason=FeeProposal.Reason.NOSHOW)
        return self.exclude(missed & ~Q(appointment__status=Appointment.Status.NOSHOW))


class FeeProposal(models.Model):
    """What a visit may cost that was called off late, moved late, or missed. Once a visit."""

    class Reason(models.TextChoices):
        LATE = "late-cancellation", _("Cancelled late")
        MOVED = "late-move", _("Moved late")
        NOSHOW = "noshow", _("Missed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="fee_proposal")
    reason = models.CharField(max_length=17, choices=Reason)
    amount_cents = models.PositiveIntegerField()
    proposed_at = models.DateTimeField()

    class Privacy:
        phi = ("appointment", "reason", "amount_cents", "proposed_at")
        plain = ("id",)

    class Tenancy:
        of = "appointment"

    objects = FeeProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["late-cancellation", "late-move", "noshow"]),
                name="fee_proposal_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0), name="fee_proposal_costs_something"
            ),
        ]

    def __str__(self) -> str:
        return f"fee proposal {self.pk}"


class FeeDecision(models.Model):
    """That the fee is charged, whole or in part, or waived. Once a proposal, and for good."""

    class Kind(models.TextChoices):
        CHARGED = "charged", _("Charged")
        WAIVED = "waived", _("Waived")

    class Reason(models.TextChoices):  # no word of what ailed her: billing staff reads it
        EXEMPT = "exempt", _("One of the reasons in the policy")
        FAILED = "failed", _("The technology failed")
        PRACTICE = "practice", _("It was our doing")
        PAYER = "payer", _("The payer does not allow it")
        GOODWILL = "goodwill", _("Goodwill")
        FIRST = "first-time", _("It is the first time")
        TAKEN_BACK = "taken-back", _("It was not missed after all")

    proposal = models.OneToOneField(FeeProposal, models.PROTECT, related_name="decision")
    kind = models.CharField(max_length=7, choices=Kind)
    amount_cents = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)  # of a waiver
    decided_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # None: by the rule

    class Privacy:
        phi = ("kind", "amount_cents", "reason", "decided_at")
        plain = ("proposal", "by")

    class Tenancy:
        of = "proposal"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="charged", amount_cents__gt=0, reason="")
                | Q(kind="waived", amount_cents=0) & ~Q(reason=""),
                name="fee_decision_charged_or_waived",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["", *REASONS]),
                name="fee_decision_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(reason="first-time", by=None)
                | ~Q(reason="first-time") & Q(by__isnull=False),
                name="fee_decision_by_someone_or_the_first",
            ),
        ]

    def __str__(self) -> str:
        return f"fee decision {self.pk}"
