"""The room of a visit, who sits in it, and what the patient attests at the door."""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.codes import State
from accounts.models import User
from appointments.models import Appointment


class VideoSessionQuerySet(models.QuerySet["VideoSession"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Q(appointment__patient__user=user) | Q(appointment__provider__user=user))


class VideoSession(models.Model):
    """The room of one appointment. FHIR VirtualServiceDetail."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("Not open yet")
        WAITING = "waiting", _("Waiting")
        ADMITTED = "admitted", _("Coming in")
        LIVE = "live", _("In the visit")
        ENDED = "ended", _("Ended")

    NEXT: ClassVar[dict[str, set[str]]] = {
        Status.SCHEDULED: {Status.WAITING, Status.ENDED},
        Status.WAITING: {Status.ADMITTED, Status.ENDED},
        Status.ADMITTED: {Status.LIVE, Status.ENDED},
        Status.LIVE: {Status.ENDED},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="video_session")
    status = models.CharField(max_length=9, choices=Status, default=Status.SCHEDULED)
    waiting_at = models.DateTimeField(null=True)
    admitted_at = models.DateTimeField(null=True)
    live_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = VideoSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="waiting") | Q(waiting_at__isnull=False),
                name="video_session_waiting_since",
            ),
            models.CheckConstraint(
                condition=~Q(status="admitted") | Q(admitted_at__isnull=False),
                name="video_session_admitted_since",
            ),
            models.CheckConstraint(
                condition=~Q(status="live") | Q(live_at__isnull=False),
                name="video_session_live_since",
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False)
                | ~Q(status="ended") & Q(ended_at=None),
                name="video_session_ended_at_iff_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"video session {self.id} {self.status}"


class Seat(models.Model):
    """One person's place in the room. The newest socket has it: `epoch` counts the sockets."""

    class Role(models.TextChoices):
        PATIENT = "patient", _("Patient")
        PROVIDER = "provider", _("Therapist")

    session = models.ForeignKey(VideoSession, models.PROTECT, related_name="seats")
    user = models.ForeignKey(User, models.PROTECT, related_name="seats")
    role = models.CharField(max_length=8, choices=Role)
    epoch = models.PositiveIntegerField(default=0)
    is_present = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "role"], name="seat_one_a_role"),
            models.UniqueConstraint(fields=["session", "user"], name="seat_one_a_person"),
        ]


class CheckIn(models.Model):
    """What the patient attests at the door: where she is, how to reach her, that she is private."""

    session = models.OneToOneField(VideoSession, models.PROTECT, related_name="check_in")
    state = models.CharField(max_length=2, choices=State)
    address = models.CharField(max_length=200)  # for an emergency crew
    is_at_home = models.BooleanField()
    callback_phone = models.CharField(max_length=20)
    is_private = models.BooleanField()
    checked_in_at = models.DateTimeField()
