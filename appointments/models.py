"""The times that two people have agreed on, and what came of them."""

import uuid
from datetime import date, datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.care_team import CLINICAL, CareRelationship, goes_on, in_care
from accounts.codes import State
from accounts.models import Membership, Patient, Provider, User
from appointments.attendances import Attendance
from appointments.external import ExternalBusy, ExternalCalendar, ExternalEvent
from appointments.feeds import CalendarFeed
from appointments.hours import AvailabilityException, AvailabilityRule, Schedule
from appointments.leave import Leave
from appointments.moves import AppointmentMove
from appointments.openings import FreeInterval, Indexed, Opening
from appointments.policies import CancellationPolicy
from appointments.responses import AppointmentResponse
from appointments.series import AppointmentSeries
from appointments.taken_times import BUSY_TIMES, VISIT_STARTS
from appointments.times import Times
from appointments.waitlist import WaitlistEntry, WaitlistOffer
from core.db import IdRange, TimeRange

__all__ = [
    "Appointment",
    "AppointmentMove",
    "AppointmentQuerySet",
    "AppointmentResponse",
    "AppointmentSeries",
    "Attendance",
    "AvailabilityException",
    "AvailabilityRule",
    "CalendarFeed",
    "CancellationPolicy",
    "ExternalBusy",
    "ExternalCalendar",
    "ExternalEvent",
    "FreeInterval",
    "Indexed",
    "InvalidTransition",
    "Leave",
    "Opening",
    "Schedule",
    "WaitlistEntry",
    "WaitlistOffer",
]


class InvalidTransition(Exception):
    """The appointment cannot go from its present status to the one asked for."""


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: User) -> Self:
        """The visits one takes part in: as the patient, or as her provider while care goes on.

        A hold is seen by whoever holds it, see `held_by`.
        """
        mine = Q(patient__user=user) | in_care(user, patient="patient", provider="provider")
        return self.filter(mine).exclude(status=Appointment.Status.HELD)

    def at_desk_of(self, user: User) -> Self:
        """The visits of the practice whose calendar `user` keeps; her own are no work of hers."""
        keeps = Membership.objects.filter(user=user, role__in=Membership.KEEP_CALENDARS)
        ours = self.filter(provider__practice__in=keeps.values("practice"))
        return ours.exclude(status=Appointment.Status.HELD).exclude(patient__user=user)

    def changed_by(self, user: User) -> Self:
        """The visits that `user` may move or call off: her own, and at the front desk all."""
        mine = self.visible_to(user)
        return mine | self.at_desk_of(user) if user.keeps_calendar else mine

    def in_calendar_of(self, user: User) -> Self:
        """The times that are `user`'s, as the patient or as the provider, care ended or not.

        Where `is_open_to_me` is false, time and status are all that may be shown.
        """
        cares = CareRelationship.objects.of(user, CLINICAL).filter(patient=OuterRef("patient"))
        mine = Q(patient__user=user) | Q(provider__user=user)
        open_to_me = Q(patient__user=user) | Q(Exists(cares))
        return (
            self.filter(mine)
            .exclude(status=Appointment.Status.HELD)
            .annotate(is_open_to_me=open_to_me)
        )

    def kept_by(self, user: User) -> Self:
        """Those whose no-show `user` may note: the provider while care goes on, and the desk."""
        own = self.filter(in_care(user, patient="patient", provider="provider"))
        return own.exclude(status=Appointment.Status.HELD) | self.at_desk_of(user)

    def in_care(self) -> Self:
        """Those whose provider cares for the patient at this moment."""
        return self.filter(goes_on(patient="patient", person="provider__user"))

    def held_by(self, holder: str) -> Self:
        return self.filter(status=Appointment.Status.HELD, holder=holder)

    def expired(self, *, now: datetime) -> Self:
        """Holds that have run out. Their rows stay until somebody wants the time."""
        return self.filter(status=Appointment.Status.HELD, held_until__lte=now)

    def meeting(self, start: datetime, end: datetime) -> Self:
        """Those whose blocked time, buffers included, meets [start, end)."""
        return self.filter(block_starts_at__lt=end, block_ends_at__gt=start)

    def still_booked(self, *, now: datetime) -> Self:
        """Those that may be moved or called off, the soonest first."""
        ahead = self.filter(status=Appointment.Status.BOOKED, begun_at=None, starts_at__gt=now)
        return ahead.order_by("starts_at")

    def upcoming(self, *, now: datetime) -> Self:
        open_ones = [Appointment.Status.BOOKED, Appointment.Status.ARRIVED]
        return self.filter(status__in=open_ones, ends_at__gt=now).order_by("starts_at")

    def taking_place(self, *, since: datetime) -> Self:
        """Those that end after `since` and take time: neither called off nor missed."""
        return self.filter(status__in=Appointment.TAKES_TIME, ends_at__gt=since).order_by(
            "starts_at", "pk"
        )

    def past(self, *, now: datetime) -> Self:
        """What is over, called off or missed, the latest first."""
        open_ones = [Appointment.Status.BOOKED, Appointment.Status.ARRIVED]
        return self.exclude(status__in=open_ones, ends_at__gt=now).order_by("-starts_at")

    def on_day(self, day: date, zone: ZoneInfo) -> Self:
        """Those that start on `day` of `zone`'s calendar."""
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        following = date.fromordinal(day.toordinal() + 1)
        end = datetime(following.year, following.month, following.day, tzinfo=zone)
        return self.filter(starts_at__gte=start, starts_at__lt=end).order_by("starts_at")


class Appointment(models.Model):
    """A time two people have agreed on. What happens in it is an Encounter (care).

    It begins as a hold: ten minutes in which one visitor may sign up and confirm.
    """

    class Status(models.TextChoices):  # FHIR R4 AppointmentStatus; "held" is ours, before "booked"
        HELD = "held", _("Held")
        BOOKED = "booked", _("Booked")
        ARRIVED = "arrived", _("Waiting")
        FULFILLED = "fulfilled", _("Completed")
        NOSHOW = "noshow", _("Missed")
        CANCELLED = "cancelled", _("Cancelled")

    class CancellationReason(models.TextChoices):  # FHIR R4 Appointment.cancelationReason
        PATIENT = "pat", _("The patient asked for it")
        PROVIDER = "prov", _("The therapist cannot be there")
        OTHER = "other", _("The practice cannot keep it")
        FAILED = "failed", _("It could not take place")  # ours; one of FHIR's "other"

    NEXT: ClassVar[dict[str, set[str]]] = {
        Status.HELD: {Status.BOOKED},
        Status.BOOKED: {Status.ARRIVED, Status.NOSHOW, Status.CANCELLED},
        Status.ARRIVED: {Status.FULFILLED, Status.CANCELLED},  # who has arrived has not missed it
        Status.NOSHOW: {Status.BOOKED},  # it was a mistake
    }
    TAKES_TIME: ClassVar[list[str]] = [Status.HELD, Status.BOOKED, Status.ARRIVED, Status.FULFILLED]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="appointments")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="appointments")
    status = models.CharField(max_length=9, choices=Status, default=Status.HELD)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # half-open: a visit until 10:00 leaves 10:00 free
    block_starts_at = models.DateTimeField()  # with the provider's buffers
    block_ends_at = models.DateTimeField()
    # The time that was agreed on, by the clock of the provider: what `starts_at` follows from, and
    # is found anew from when a country changes its clocks. A clock change may have shifted it.
    wall_date = models.DateField()
    wall_time = models.TimeField()
    zone = models.CharField(max_length=50)
    series = models.ForeignKey(
        AppointmentSeries, models.PROTECT, null=True, related_name="appointments"
    )
    fee_cents = models.PositiveIntegerField()  # as shown when the slot was chosen
    # As shown then, too. None: the practice had no rule, and charges nothing.
    cancellation_policy = models.ForeignKey(
        CancellationPolicy, models.PROTECT, null=True, related_name="+"
    )
    patient_state = models.CharField(max_length=2, choices=State, blank=True)  # searched for
    holder = models.CharField(max_length=64, blank=True)  # the visitor's secret, while held
    held_until = models.DateTimeField(null=True)
    booked_at = models.DateTimeField(null=True)
    booked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    arrived_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)  # the provider let the patient in
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # Said at the front desk, or where it could not take place; the two need not say why.
    cancellation_reason = models.CharField(max_length=6, choices=CancellationReason, blank=True)
    # In the place of which visit, with another provider, this one was booked.
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    noshow_at = models.DateTimeField(null=True)  # recorded
    noshow_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0)  # SEQUENCE of the invitation (RFC 5545)

    class Privacy:
        phi = (
            "patient", "status", "starts_at", "ends_at", "wall_date", "wall_time",
            "patient_state", "booked_at", "arrived_at", "begun_at", "cancelled_at",
            "cancellation_reason", "noshow_at",
        )  # fmt: skip
        plain = (
            "id", "provider", "block_starts_at", "block_ends_at", "zone", "series", "fee_cents",
            "cancellation_policy", "holder", "held_until", "version", "booked_by", "cancelled_by",
            "replaces", "noshow_by",
        )  # fmt: skip

    class Tenancy:
        of = "provider"
        agrees = ("patient", "series", "replaces", "cancellation_policy")
        # Whoever looks for help has no practice yet; what she holds says nothing of anybody.
        roads = {"held": "USING (status = 'held' AND patient_id IS NULL)"}
        definers = (BUSY_TIMES, VISIT_STARTS)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="appointment_provider_once",
                expressions=[
                    (IdRange("provider"), RangeOperators.OVERLAPS),
                    (TimeRange("block_starts_at", "block_ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=["held", "booked", "arrived", "fulfilled"]),
            ),
            # A hold has no patient yet; int8range(NULL, NULL) would meet everybody.
            ExclusionConstraint(
                name="appointment_patient_once",
                expressions=[
                    (IdRange("patient"), RangeOperators.OVERLAPS),
                    (TimeRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=["held", "booked", "arrived", "fulfilled"])
                & Q(patient__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["holder"], condition=Q(status="held"), name="appointment_hold_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["held", "booked", "arrived", "fulfilled", "noshow", "cancelled"]
                ),
                name="appointment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at"))
                & Q(block_starts_at__lte=F("starts_at"))
                & Q(block_ends_at__gte=F("ends_at")),
                name="appointment_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(status="held", held_until__isnull=False) & ~Q(holder="")
                | ~Q(status="held") & Q(held_until=None, holder="", patient__isnull=False),
                name="appointment_held_or_has_patient",
            ),
            models.CheckConstraint(
                condition=Q(status="held", booked_at=None)
                | ~Q(status="held") & Q(booked_at__isnull=False),
                name="appointment_booked_at_unless_held",
            ),
            models.CheckConstraint(
                condition=Q(booked_by=None) | ~Q(status="held"),
                name="appointment_booked_by_unless_held",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="cancelled", cancelled_at__isnull=False, cancelled_by__isnull=False
                )
                | ~Q(status="cancelled") & Q(cancelled_at=None, cancelled_by=None),
                name="appointment_cancelled_at_by_iff_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(cancellation_reason="")
                | Q(status="cancelled", cancellation_reason__in=["pat", "prov", "other", "failed"]),
                name="appointment_cancellation_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(status="held") & ~Q(replaces=F("id")),
                name="appointment_replaces_another",
            ),
            models.CheckConstraint(
                condition=Q(status="noshow", noshow_at__isnull=False, noshow_by__isnull=False)
                | ~Q(status="noshow") & Q(noshow_at=None, noshow_by=None),
                name="appointment_noshow_at_by_iff_noshow",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["arrived", "fulfilled"]) | Q(arrived_at__isnull=False),
                name="appointment_arrived_before_fulfilled",
            ),
            models.CheckConstraint(
                condition=Q(begun_at=None) | Q(status__in=["arrived", "fulfilled"]),
                name="appointment_begun_has_arrived",
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.id} {self.status}"

    @property
    def start_date(self) -> date:
        """The day of the visit where the provider is: the one her licences are asked about."""
        return self.starts_at.astimezone(self.provider.zoneinfo).date()

    @property
    def minutes(self) -> int:
        """How long it is planned to last."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def stands(self) -> str:
        """How it stands, in words: what the status alone does not tell is in them."""
        if self.status != self.Status.ARRIVED or self.begun_at is None:
            return str(self.Status(self.status).label)
        return gettext("Took place") if hasattr(self, "attendance") else gettext("In the visit")

    def lock(self) -> None:
        """Read the row anew and keep others from changing it until the transaction ends.

        :raises Appointment.DoesNotExist: if it was a hold that has been cleared away
        """
        self.refresh_from_db(from_queryset=Appointment.objects.select_for_update(of=("self",)))

    def book(self, *, patient: Patient, by: User, now: datetime) -> None:
        """Turn the hold into a visit. The caller has checked that the hold is not over."""
        self._enter(self.Status.BOOKED)
        self.patient = patient
        self.booked_at, self.booked_by = now, by
        self.held_until, self.holder = None, ""
        self.save()

    def move(self, times: Times, *, by: User | None, now: datetime) -> AppointmentMove:
        """Give it another time of the same provider, and write down which it had.

        The caller has locked it. One UPDATE: it never has no time, and never two.

        :raises InvalidTransition: unless it is booked, and nobody has come to it
        """
        if self.status != self.Status.BOOKED:
            raise InvalidTransition(f"{self.status} -> moved")
        former = self.starts_at
        for name, value in times.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=[*times, "version"])
        return AppointmentMove.objects.create(
            appointment=self,
            version=self.version,
            from_starts_at=former,
            to_starts_at=self.starts_at,
            moved_at=now,
            moved_by=by,
        )

    def arrive(self, *, now: datetime) -> None:
        self._enter(self.Status.ARRIVED)
        self.arrived_at = now
        self.save(update_fields=["status", "arrived_at"])

    def fulfil(self) -> None:
        self._enter(self.Status.FULFILLED)
        self.save(update_fields=["status"])

    def cancel(self, *, by: User, now: datetime, reason: str = "") -> None:
        """:param reason: one of CancellationReason; blank where nobody has to say why"""
        self._enter(self.Status.CANCELLED)
        self.cancelled_at, self.cancelled_by, self.cancellation_reason = now, by, reason
        self.version += 1
        changed = ["status", "cancelled_at", "cancelled_by", "cancellation_reason", "version"]
        self.save(update_fields=changed)

    def miss(self, *, by: User, now: datetime) -> None:
        self._enter(self.Status.NOSHOW)
        self.noshow_at, self.noshow_by = now, by
        self.save(update_fields=["status", "noshow_at", "noshow_by"])

    def take_back_noshow(self) -> None:
        self._enter(self.Status.BOOKED)
        self.noshow_at, self.noshow_by = None, None
        self.save(update_fields=["status", "noshow_at", "noshow_by"])

    def _enter(self, status: str) -> None:
        self.lock()  # then look: of two people who press at once, one must see the other's change
        if status not in self.NEXT.get(self.status, ()):
            raise InvalidTransition(f"{self.status} -> {status}")
        self.status = status
