"""What a late cancellation or a missed visit may cost: a rule of the practice, from a day on."""

from datetime import date, timedelta
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Practice, User

A_WEEK = 7 * 24  # hours


class CancellationPolicyQuerySet(models.QuerySet["CancellationPolicy"]):
    def kept_by(self, user: User) -> Self:
        """The rules of the practice that `user` is an admin of."""
        admin = Q(
            practice__memberships__user=user, practice__memberships__role=Membership.Role.ADMIN
        )
        return self.filter(admin)

    def in_force(self, practice_id: int, *, on: date) -> "CancellationPolicy | None":
        """The rule for what is booked on `on`: of two from one day, the one entered last."""
        valid = self.filter(practice_id=practice_id, valid_from__lte=on)
        return valid.order_by("-valid_from", "-pk").first()


class CancellationPolicy(models.Model):
    """How long calling off is free, and what may be charged after that. Rows stay as they are.

    A visit keeps the rule that was shown when its time was chosen, whatever comes later.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="cancellation_policies")
    valid_from = models.DateField()  # for visits booked on this day or later
    free_hours = models.PositiveSmallIntegerField()  # before the start of the visit
    late_fee_cents = models.PositiveIntegerField()  # 0: calling off is free until the start
    noshow_fee_cents = models.PositiveIntegerField()
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Privacy:
        phi = ()
        plain = (
            "practice", "valid_from", "free_hours", "late_fee_cents", "noshow_fee_cents",
            "entered_at", "entered_by",
        )  # fmt: skip

    class Tenancy:
        of = "practice"
        is_public = True  # whoever looks for help reads it before she is anybody's patient

    objects = CancellationPolicyQuerySet.as_manager()

    class Meta:
        ordering = ("-valid_from", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(free_hours__lte=A_WEEK), name="cancellation_policy_within_a_week"
            ),
        ]

    def __str__(self) -> str:
        return f"cancellation policy {self.pk}"

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.free_hours)
