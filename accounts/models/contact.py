"""How a patient may be reached without harm: by which channels, and when."""

from django.db import models
from django.db.models import F, Q

from accounts.models.patients import Patient
from core import text_messages

MINUTES_A_DAY = 24 * 60


class ContactRules(models.Model):
    """What a patient has said about being reached. Who has said nothing gets mail, no text message
    and no message on a phone that others may hear.

    Minutes count from midnight on the wall where she is; 1440 is 24:00. Hours whose end is the
    smaller number run past midnight.
    """

    patient = models.OneToOneField(Patient, models.PROTECT, related_name="contact_rules")
    by_mail = models.BooleanField(default=True)
    by_text = models.BooleanField(default=False)
    may_leave_message = models.BooleanField(default=False)
    safe_from_minute = models.PositiveSmallIntegerField(null=True)
    safe_to_minute = models.PositiveSmallIntegerField(null=True)

    class Privacy:
        phi = ("by_mail", "by_text", "may_leave_message", "safe_from_minute", "safe_to_minute")
        plain = ("patient",)

    class Tenancy:
        of = "patient"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(safe_from_minute=None, safe_to_minute=None)
                | Q(
                    safe_from_minute__isnull=False,
                    safe_to_minute__isnull=False,
                    safe_from_minute__lt=MINUTES_A_DAY,
                    safe_to_minute__range=(1, MINUTES_A_DAY),
                )
                & ~Q(safe_from_minute=F("safe_to_minute")),
                name="contact_rules_hours_whole",
            )
        ]

    def __str__(self) -> str:
        return f"contact rules {self.pk}"

    @property
    def has_channel(self) -> bool:
        """Whether any notice reaches her; else somebody has to call."""
        return self.by_mail or (self.by_text and text_messages.is_on())

    @property
    def safe_hours(self) -> tuple[int, int] | None:
        """From and to, in minutes of her day; None where any time is safe."""
        if self.safe_from_minute is None or self.safe_to_minute is None:
            return None
        return self.safe_from_minute, self.safe_to_minute
