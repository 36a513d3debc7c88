"""Which times a visit has had: one row each time that it was moved. Rows stay as they are."""

from django.db import models
from django.db.models import F, Q

from accounts.models import User


class AppointmentMove(models.Model):
    """A booked visit was given another time. What the policy and the notice ask is in it."""

    appointment = models.ForeignKey(
        "appointments.Appointment", models.PROTECT, related_name="moves"
    )
    version = models.PositiveIntegerField()  # which the visit has had since
    from_starts_at = models.DateTimeField()
    to_starts_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    # Nobody: a country has changed its clocks, and the wall time that was agreed on is kept.
    moved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Privacy:
        phi = ("from_starts_at", "to_starts_at", "moved_at")
        plain = ("appointment", "version", "moved_by")

    class Tenancy:
        of = "appointment"

    class Meta:
        ordering = ("version",)
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "version"], name="appointment_move_once_a_version"
            ),
            models.CheckConstraint(
                condition=~Q(from_starts_at=F("to_starts_at")), name="appointment_move_changes"
            ),
            models.CheckConstraint(
                condition=Q(moved_at__lt=F("from_starts_at"), moved_at__lte=F("to_starts_at")),
                name="appointment_move_before_start",
            ),
        ]

    def __str__(self) -> str:
        return f"move {self.pk} of appointment {self.appointment_id}"
