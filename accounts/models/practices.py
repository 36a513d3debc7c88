"""The practice, which everybody here belongs to."""

from django.db import models


class Practice(models.Model):
    """The organization that employs providers, sees patients and bills. FHIR Organization."""

    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=20)
    zone = models.CharField(max_length=64)

    class Privacy:
        phi = ()
        plain = ("name", "phone", "zone")

    class Tenancy:
        of = "id"
        is_public = True  # name and phone stand beside each provider's entry

    def __str__(self) -> str:
        return f"practice {self.pk}"
