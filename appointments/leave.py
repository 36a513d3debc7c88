"""When a provider is away: whole days, from the first to the last."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider
from core.db import DayRange, IdRange

# On which days providers of whatever practice are away: a visitor sees no free time there, and why
# it is so is nobody's concern but the practice's.
DAYS_AWAY = """
CREATE OR REPLACE FUNCTION days_away(providers bigint[], since date)
  RETURNS TABLE (provider_id bigint, first_on date, last_on date)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT provider_id, first_on, last_on FROM appointments_leave
  WHERE provider_id = ANY (providers) AND last_on >= since
$$;
"""


class Leave(models.Model):
    """No hours on any of these days, whatever week and dates say."""

    class Reason(models.TextChoices):
        VACATION = "vacation", _("Vacation")
        TRAINING = "training", _("Training")
        AWAY = "away", _("Away")  # says no more on purpose: an illness is nobody's to read here

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="leaves")
    first_on = models.DateField()
    last_on = models.DateField()
    reason = models.CharField(max_length=8, choices=Reason)

    class Privacy:
        phi = ()
        plain = ("provider", "first_on", "last_on", "reason")

    class Tenancy:
        of = "provider"
        definers = (DAYS_AWAY,)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="leave_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["vacation", "training", "away"]),
                name="leave_reason_known",
            ),
            ExclusionConstraint(
                name="leave_once",
                expressions=[
                    (IdRange("provider"), RangeOperators.OVERLAPS),
                    (DayRange("first_on", "last_on"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"leave {self.pk}"
