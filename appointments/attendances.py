"""What became of a visit, as facts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.codes import State


class Attendance(models.Model):
    """What happened in a visit, as facts: who was where, how, and for how long.

    The room writes it when the visit ends; the note and the charge are made from it.
    """

    class Modality(models.TextChoices):
        VIDEO = "video", _("Video")
        AUDIO = "audio", _("Audio only")

    appointment = models.OneToOneField(
        "appointments.Appointment", models.PROTECT, related_name="attendance"
    )
    started_at = models.DateTimeField()  # both were in the room
    ended_at = models.DateTimeField()
    apart_seconds = models.PositiveIntegerField(default=0)  # in between, the connection was broken
    modality = models.CharField(max_length=5, choices=Modality)
    patient_state = models.CharField(max_length=2, choices=State)  # attested at the join
    is_at_home = models.BooleanField()  # decides the place of service: 10 at home, 02 elsewhere

    class Privacy:
        phi = (
            "started_at", "ended_at", "apart_seconds", "modality", "patient_state", "is_at_home",
        )  # fmt: skip
        plain = ("appointment",)

    class Tenancy:
        of = "appointment"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(started_at__lte=F("ended_at")), name="attendance_times_in_order"
            ),
            models.CheckConstraint(
                condition=Q(modality__in=["video", "audio"]), name="attendance_modality_known"
            ),
        ]

    @property
    def minutes(self) -> int:
        """Whole minutes together, as the time rules of CPT count them: broken time is none."""
        seconds = (self.ended_at - self.started_at).total_seconds() - self.apart_seconds
        return int(max(0, seconds) // 60)

    @property
    def apart_minutes(self) -> int:
        return round(self.apart_seconds / 60)
