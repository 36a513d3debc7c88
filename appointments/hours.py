"""When a provider works, and how her time is cut."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models import Provider
from core.db import DayRange, IdRange, MinuteRange


class Schedule(models.Model):
    """How a provider's time is cut into visits. FHIR Schedule."""

    provider = models.OneToOneField(Provider, models.PROTECT, related_name="schedule")
    visit_minutes = models.PositiveSmallIntegerField(default=50)
    buffer_before_minutes = models.PositiveSmallIntegerField(default=0)
    buffer_after_minutes = models.PositiveSmallIntegerField(default=10)
    step_minutes = models.PositiveSmallIntegerField(default=15)
    lead_minutes = models.PositiveIntegerField(default=120)
    horizon_days = models.PositiveSmallIntegerField(default=42)
    visits_a_day = models.PositiveSmallIntegerField(null=True)  # the most; null: as many as fit
    revision = models.PositiveIntegerField(default=0)  # of all her hours: who saves has read it

    class Privacy:
        phi = ()
        plain = (
            "provider", "visit_minutes", "buffer_before_minutes", "buffer_after_minutes",
            "step_minutes", "lead_minutes", "horizon_days", "visits_a_day", "revision",
        )  # fmt: skip

    class Tenancy:
        of = "provider"
        is_public = True

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(visit_minutes__gt=0, step_minutes__gt=0),
                name="schedule_minutes_positive",
            ),
            models.CheckConstraint(
                condition=Q(horizon_days__gte=1, horizon_days__lte=365),
                name="schedule_horizon_within_a_year",
            ),
            models.CheckConstraint(
                condition=Q(visits_a_day=None) | Q(visits_a_day__gt=0),
                name="schedule_visits_a_day_positive",
            ),
        ]


class AvailabilityRule(models.Model):
    """Weekly hours in the provider's wall time. Minutes count from midnight; 1440 is 24:00."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="availability_rules")
    weekday = models.PositiveSmallIntegerField()  # 0 is Monday
    from_minute = models.PositiveSmallIntegerField()
    to_minute = models.PositiveSmallIntegerField()
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)  # the last day on which it holds

    class Privacy:
        phi = ()
        plain = ("provider", "weekday", "from_minute", "to_minute", "valid_from", "valid_until")

    class Tenancy:
        of = "provider"
        is_public = True

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="rule_weekday_known"),
            models.CheckConstraint(
                condition=Q(from_minute__lt=F("to_minute"), to_minute__lte=1440),
                name="rule_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_until__gte=F("valid_from")),
                name="rule_valid_in_order",
            ),
            ExclusionConstraint(
                name="rule_hours_once",
                expressions=[
                    (IdRange("provider"), RangeOperators.OVERLAPS),
                    (IdRange("weekday"), RangeOperators.OVERLAPS),
                    (DayRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                    (MinuteRange("from_minute", "to_minute"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class AvailabilityException(models.Model):
    """Other hours, or none, on one date: leave, a holiday, an extra evening.

    Exceptions with times replace that date's weekly hours; one without closes the date.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="availability_exceptions")
    on = models.DateField()
    from_minute = models.PositiveSmallIntegerField(null=True)
    to_minute = models.PositiveSmallIntegerField(null=True)

    class Privacy:
        phi = ()
        plain = ("provider", "on", "from_minute", "to_minute")

    class Tenancy:
        of = "provider"
        is_public = True

    class Meta:
        constraints = [
            models.CheckConstraint(
                # NULL < 60 is neither true nor false, and a check refuses only what is false.
                condition=Q(from_minute=None, to_minute=None)
                | Q(from_minute__isnull=False, to_minute__isnull=False)
                & Q(from_minute__lt=F("to_minute"), to_minute__lte=1440),
                name="exception_closed_or_in_order",
            ),
            # A date that is closed has no hours beside: without times it meets all of the day.
            ExclusionConstraint(
                name="exception_hours_once",
                expressions=[
                    (IdRange("provider"), RangeOperators.OVERLAPS),
                    (DayRange("on", "on"), RangeOperators.OVERLAPS),
                    (MinuteRange("from_minute", "to_minute"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
