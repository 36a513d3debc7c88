"""The room of a visit, who sits in it, and what the patient attests at the door."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.care_team import goes_on, in_care
from accounts.codes import State
from accounts.models import User
from appointments.models import Appointment
from core.fields import EncryptedText, has_words

PATIENT = "session.appointment.patient"  # whose a check-in is


class InvalidTransition(Exception):
    """The room cannot go from its present status to the one asked for."""


class Role(models.TextChoices):
    """Which of the two somebody is in a room."""

    PATIENT = "patient", _("Patient")
    PROVIDER = "provider", _("Therapist")


class VideoSessionQuerySet(models.QuerySet["VideoSession"]):
    def visible_to(self, user: User) -> Self:
        works = in_care(user, patient="appointment__patient", provider="appointment__provider")
        return self.filter(Q(appointment__patient__user=user) | works)


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
    parted_at = models.DateTimeField(null=True)  # null while the two are connected
    apart_seconds = models.PositiveIntegerField(default=0)  # lost in breaks that were mended
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        phi = (
            "status", "waiting_at", "admitted_at", "live_at", "parted_at", "apart_seconds",
            "ended_at",
        )  # fmt: skip
        plain = ("id", "appointment")

    class Tenancy:
        of = "appointment"

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
                # NULL <= 10:00 is neither true nor false, and a check refuses only what is false.
                condition=Q(parted_at=None)
                | Q(live_at__isnull=False) & Q(parted_at__gte=F("live_at")),
                name="video_session_parted_after_live",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["scheduled", "waiting", "admitted", "live", "ended"]),
                name="video_session_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False)
                | ~Q(status="ended") & Q(ended_at=None),
                name="video_session_ended_at_iff_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"video session {self.id} {self.status}"

    def role_of(self, user: User) -> Role | None:
        """Which of the two `user` is; None for everybody else."""
        patient = self.appointment.patient
        if patient is not None and patient.user_id == user.pk:
            return Role.PATIENT
        return Role.PROVIDER if self.appointment.provider.user_id == user.pk else None

    @property
    def is_past_the_door(self) -> bool:
        """Whether the patient was let in: what she said at the door then stays as it was."""
        return self.status in (self.Status.ADMITTED, self.Status.LIVE, self.Status.ENDED)

    def lock(self) -> None:
        """Read the row anew and keep others from changing it until the transaction ends."""
        self.refresh_from_db(from_queryset=VideoSession.objects.select_for_update(of=("self",)))

    def wait(self, *, now: datetime) -> None:
        self._enter(self.Status.WAITING, now)

    def admit(self, *, now: datetime) -> None:
        self._enter(self.Status.ADMITTED, now)

    def go_live(self, *, now: datetime) -> None:
        self._enter(self.Status.LIVE, now)

    def end(self, *, now: datetime) -> None:
        self._enter(self.Status.ENDED, now)

    def are_both_connected(self) -> bool:
        return self.seats.filter(is_connected=True).count() == len(Role)

    def part(self, *, now: datetime) -> None:
        """The two have lost each other. Whether for good, is seen when the visit ends."""
        assert self.live_at is not None  # only a live visit has two people who are connected
        self.parted_at = max(
            now, self.live_at
        )  # a request that waited for the lock has an old clock
        self.save(update_fields=["parted_at"])

    def rejoin(self, *, now: datetime) -> None:
        """They have found each other again. What was lost meanwhile is not time together."""
        assert self.parted_at is not None
        self.apart_seconds += max(0, round((now - self.parted_at).total_seconds()))
        self.parted_at = None
        self.save(update_fields=["parted_at", "apart_seconds"])

    def _enter(self, status: str, now: datetime) -> None:
        self.lock()  # then look: of two people who press at once, one must see the other's change
        if status not in self.NEXT.get(self.status, ()):
            raise InvalidTransition(f"{self.status} -> {status}")
        self.status = status
        setattr(self, f"{status}_at", now)
        self.save(update_fields=["status", f"{status}_at"])


class SeatQuerySet(models.QuerySet["Seat"]):
    def with_rights(self) -> Self:
        """With all that says whether its person may still sit there: `is_in_care` is the patient's
        own right to her visit, and the provider's while she cares for her."""
        ways = {"patient": "session__appointment__patient", "person": "user"}
        is_in_care = Q(role=Role.PATIENT) | Q(goes_on(**ways))
        related = ("session__appointment", "session__check_in", "user")
        return self.select_related(*related).annotate(is_in_care=is_in_care)


class Seat(models.Model):
    """One person's place in the room. The newest socket has it: `epoch` counts the sockets.

    A socket that drops leaves the seat empty but not left: phones sleep, trains have tunnels.
    """

    session = models.ForeignKey(VideoSession, models.PROTECT, related_name="seats")
    user = models.ForeignKey(User, models.PROTECT, related_name="seats")
    role = models.CharField(max_length=8, choices=Role)
    epoch = models.PositiveIntegerField(default=0)
    is_present = models.BooleanField(default=False)
    left_at = models.DateTimeField(null=True)  # by choice; null while away for another reason
    is_connected = models.BooleanField(default=False)  # sees and hears the other, as it reports
    has_sent_video = models.BooleanField(default=False)  # once at least: decides the modality

    class Privacy:
        phi = ("left_at", "has_sent_video")
        plain = ("session", "user", "role", "epoch", "is_present", "is_connected")

    class Tenancy:
        of = "session"

    is_in_care: bool  # of `with_rights`

    objects = SeatQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(is_present=False), name="seat_left_is_empty"
            ),
            models.CheckConstraint(
                condition=Q(is_connected=False) | Q(is_present=True),
                name="seat_connected_is_present",
            ),
            models.UniqueConstraint(fields=["session", "role"], name="seat_one_a_role"),
            models.UniqueConstraint(fields=["session", "user"], name="seat_one_a_person"),
        ]


class CheckIn(models.Model):
    """What the patient attests at the door: where she is, how to reach her, that she is private."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField(VideoSession, models.PROTECT, related_name="check_in")
    state = models.CharField(max_length=2, choices=State)
    address = EncryptedText(owner=PATIENT, max_length=200)  # for an emergency crew
    is_at_home = models.BooleanField()
    callback_phone = EncryptedText(owner=PATIENT, max_length=20)
    is_private = models.BooleanField()  # never false: without it nobody is let in
    checked_in_at = models.DateTimeField()

    class Privacy:
        phi = ("state", "address", "is_at_home", "callback_phone", "is_private", "checked_in_at")
        plain = ("id", "session")

    class Tenancy:
        of = "session"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_private=True), name="check_in_is_private"),
            models.CheckConstraint(
                condition=has_words("address") & has_words("callback_phone"),
                name="check_in_can_be_found",
            ),
        ]


class JoinLinkQuerySet(models.QuerySet["JoinLink"]):
    def open(self) -> Self:
        return self.filter(revoked_at=None)


class JoinLink(models.Model):
    """A link in a letter, by which the patient comes to one visit without her password.

    Only the hash of its token is kept. The first browser in which it was used has it; that
    browser's secret is kept as its hash, too.
    """

    MOST_TRIES: ClassVar[int] = 5

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="join_links")
    token_hash = models.CharField(max_length=64, unique=True)
    browser_hash = models.CharField(max_length=64, blank=True)  # blank until it is used
    wrong_count = models.PositiveSmallIntegerField(default=0)  # dates of birth that were not hers
    sent_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Privacy:
        phi = ("sent_at", "used_at", "revoked_at")
        plain = ("appointment", "token_hash", "browser_hash", "wrong_count")

    class Tenancy:
        of = "appointment"

    objects = JoinLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(revoked_at=None), name="join_link_open_once"
            ),
            models.CheckConstraint(
                condition=Q(used_at=None, browser_hash="")
                | Q(used_at__isnull=False) & ~Q(browser_hash=""),
                name="join_link_used_by_a_browser",
            ),
            models.CheckConstraint(
                condition=Q(wrong_count__lt=5) | Q(wrong_count=5, revoked_at__isnull=False),
                name="join_link_tries_end",
            ),
        ]

    def __str__(self) -> str:
        return f"join link {self.pk}"
