"""Who pays for a patient's care, beside herself."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.patients import Patient
from accounts.models.users import User


class Coverage(models.Model):
    """That a program or an insurer covers her, from one day to another. FHIR Coverage."""

    class Program(models.TextChoices):
        MEDICAID = "medicaid", _("Medicaid or CHIP")
        MEDICARE = "medicare", _("Medicare")
        COMMERCIAL = "commercial", _("Private insurance")
        # What the practice has signed with that insurer decides, and is nowhere else in the data.
        NO_FEES = "no-fees", _("Private insurance whose contract allows no fee for missed visits")

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="coverages")
    program = models.CharField(max_length=10, choices=Program)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)  # the last day; None: until further notice
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Privacy:
        phi = ("patient", "program", "starts_on", "ends_on")
        plain = ("entered_at", "entered_by")

    class Tenancy:
        of = "patient"

    class Meta:
        ordering = ("-starts_on", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "program", "starts_on"], name="coverage_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="coverage_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(program__in=["medicaid", "medicare", "commercial", "no-fees"]),
                name="coverage_program_known",
            ),
        ]

    def __str__(self) -> str:
        return f"coverage {self.pk}"
