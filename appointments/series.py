"""Visits that repeat: the rule by which they were made. Each visit is an Appointment of its own."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Patient, Provider, User


class AppointmentSeries(models.Model):
    """The same wall time every so many weeks, as two people agreed on it.

    It says what was agreed on first; where a visit was moved or left out since, the visits say.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="series")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="series")
    every_weeks = models.PositiveSmallIntegerField()
    starts_on = models.DateField()  # where the provider is
    wall_time = models.TimeField()
    zone = models.CharField(max_length=50)  # the provider's when they agreed on it
    count = models.PositiveSmallIntegerField()  # of dates, those that were left out among them
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Privacy:
        phi = ("patient", "every_weeks", "starts_on", "wall_time", "count", "created_at")
        plain = ("id", "provider", "zone", "created_by")

    class Tenancy:
        of = "provider"
        agrees = ("patient",)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(every_weeks__gte=1, every_weeks__lte=12),
                name="series_every_one_to_twelve_weeks",
            ),
            models.CheckConstraint(
                condition=Q(count__gte=2, count__lte=53), name="series_two_to_53_dates"
            ),
        ]

    def __str__(self) -> str:
        return f"series {self.id}"
