"""The practice, which everybody here belongs to."""

from django.db import models
from django.db.models import Q


class Practice(models.Model):
    """The organization that employs providers, sees patients and bills. FHIR Organization."""

    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=20)
    zone = models.CharField(max_length=64)
    waitlist_minutes = models.PositiveSmallIntegerField(default=30)  # how long an offer stands

    class Privacy:
        phi = ()
        plain = ("name", "phone", "zone", "waitlist_minutes")

    class Tenancy:
        of = "id"
        is_public = True  # name and phone stand beside each provider's entry

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(waitlist_minutes__range=(10, 240)), name="practice_waitlist_minutes"
            ),
        ]

    def __str__(self) -> str:
        return f"practice {self.pk}"
