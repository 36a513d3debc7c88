"""Who waits for an earlier time of a provider, and which times she was offered (ADR 0027)."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.utils.translation import gettext_lazy as _

from accounts.care_team import CLINICAL, CareRelationship, in_care
from accounts.codes import State
from accounts.models import Membership, Patient, Provider, User
from appointments.parts import PARTS
from core.db import IdRange, TimeRange
from core.fields import EncryptedText, has_words

WESTMOST = timedelta(hours=12)  # how much later a day ends there than in Greenwich
DESK = Membership.KEEP_CALENDARS


class WaitlistEntryQuerySet(models.QuerySet["WaitlistEntry"]):
    def visible_to(self, user: User) -> Self:
        """Her own, and those of the patients of `user` who wait for a time of hers."""
        return self.filter(
            Q(patient__user=user) | in_care(user, patient="patient", provider="provider")
        )

    def kept_by(self, user: User) -> Self:
        """Those whose priority `user` may set: the provider's while care goes on, and at the front
        desk the whole practice's, but for her own."""
        keeps = Membership.objects.filter(
            user=user, practice=OuterRef("provider__practice"), role__in=DESK
        )
        own = in_care(user, patient="patient", provider="provider")
        return self.filter(own | Q(Exists(keeps))).exclude(patient__user=user)

    def changed_by(self, user: User) -> Self:
        """Those that `user` may end: her own, and those that she keeps."""
        return self.filter(
            Q(pk__in=self.model.objects.kept_by(user).values("pk")) | Q(patient__user=user)
        )

    def waiting(self, *, now: datetime) -> Self:
        """Those to whom a time can be offered, in their turn: by priority, then by when they asked.

        Who is erased or gone, whose care has ended since, or whose visit is over waits for nothing.
        """
        visit = Q(appointment=None) | Q(
            appointment__status="booked",
            appointment__begun_at=None,
            appointment__starts_at__gt=now,
        )
        here = self.filter(
            visit,
            taken(),
            ended_at=None,
            until__gte=(now - WESTMOST).date(),
            patient__erasure=None,
            patient__user__is_active=True,
            provider__user__is_active=True,
        )
        return here.order_by(turn(), "asked_at", "pk")


def taken() -> Q:
    """Whether the provider takes the patient: works in her practice, and treats her or takes
    somebody new. Who has ended her care since she asked is not asked to take her again."""
    works = Membership.objects.filter(
        user=OuterRef("provider__user"),
        practice=OuterRef("patient__practice"),
        role=Membership.Role.PROVIDER,
    )
    cares = CareRelationship.objects.filter(
        patient=OuterRef("patient"), person=OuterRef("provider__user"), role__in=CLINICAL
    )
    treats = Exists(cares & CareRelationship.objects.current())
    has_ended = Exists(cares.filter(ends_at__gt=OuterRef("asked_at")))
    return Q(Exists(works)) & (Q(treats) | Q(~has_ended, provider__is_accepting=True))


def turn() -> Case:
    """The more urgent first."""
    ranks = {"asap": 0, "urgent": 1, "routine": 2}
    return Case(*(When(priority=code, then=rank) for code, rank in ranks.items()))


class WaitlistEntry(models.Model):
    """A patient wants to be told of times of a provider: before a visit that she has, or at all.

    One row for the two. Who asks again after it has ended takes a new place in it, and keeps what
    she was offered.
    """

    class Priority(models.TextChoices):  # FHIR RequestPriority, without "stat"
        ROUTINE = "routine", _("In turn")
        URGENT = "urgent", _("Urgent")
        ASAP = "asap", _("As soon as possible")

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # the id in addresses
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="waitlist_entries")
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="waitlist_entries")
    # The visit that gets the earlier time. None: it would be one more.
    appointment = models.ForeignKey(
        "appointments.Appointment", models.PROTECT, null=True, related_name="waitlist_entries"
    )
    patient_state = models.CharField(max_length=2, choices=State)  # where she will be
    # When she could come, by her own clock; an empty list is any.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list)  # 0: Monday
    parts = ArrayField(models.CharField(max_length=9), default=list)  # of the day: wishes.PARTS
    until = models.DateField()  # the last day on which she wants a time
    priority = models.CharField(max_length=7, choices=Priority, default=Priority.ROUTINE)
    priority_reason = EncryptedText(owner="patient", max_length=300, blank=True)
    priority_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        phi = (
            "patient", "appointment", "patient_state", "weekdays", "parts", "until", "priority",
            "priority_reason", "asked_at", "ended_at",
        )  # fmt: skip
        plain = ("ref", "provider", "priority_by", "asked_by")

    class Tenancy:
        of = "patient"
        agrees = ("provider", "appointment")

    objects = WaitlistEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "provider"], name="waitlist_entry_once"),
            models.CheckConstraint(
                condition=Q(priority="routine", priority_by=None) & ~has_words("priority_reason")
                | Q(priority__in=["urgent", "asap"], priority_by__isnull=False)
                & has_words("priority_reason"),
                name="waitlist_priority_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[*range(7)])
                & Q(parts__contained_by=["morning", "afternoon", "evening"]),
                name="waitlist_wishes_known",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("asked_at")),
                name="waitlist_entry_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"waitlist entry {self.pk}"

    def lock(self) -> None:
        """Read the row anew and keep others from changing it until the transaction ends."""
        self.refresh_from_db(from_queryset=WaitlistEntry.objects.select_for_update(of=("self",)))

    def suits(self, start: datetime) -> bool:
        """Whether she could come then, and would come sooner than she does now."""
        shown = start.astimezone(ZoneInfo(self.patient.zone))
        if shown.date() > self.until or (self.weekdays and shown.weekday() not in self.weekdays):
            return False
        spans = [PARTS[part][:2] for part in self.parts]
        if spans and not any(begins <= shown.time() < ends for begins, ends in spans):
            return False
        return self.appointment is None or start < self.appointment.starts_at


class AlreadyClosed(Exception):
    """The offer was answered, or it ran out."""


class WaitlistOfferQuerySet(models.QuerySet["WaitlistOffer"]):
    def visible_to(self, user: User) -> Self:
        """Her own: nobody else answers for her."""
        return self.filter(entry__patient__user=user)

    def at_desk_of(self, user: User) -> Self:
        """Those of the practice whose front desk `user` keeps."""
        keeps = Membership.objects.filter(
            user=user, practice=OuterRef("entry__provider__practice"), role__in=DESK
        )
        return self.filter(Exists(keeps)).exclude(entry__patient__user=user)

    def still_open(self) -> Self:
        """Those that nobody has closed. One that has run out is closed by the next sweep."""
        return self.filter(status=WaitlistOffer.Status.OFFERED)


class WaitlistOffer(models.Model):
    """A free time, kept for one patient for a while by an Appointment that is held for `holder`."""

    class Status(models.TextChoices):
        OFFERED = "offered", _("Offered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        LAPSED = "lapsed", _("Not answered in time")
        WITHDRAWN = "withdrawn", _("Taken back")  # she waits no longer, or it cannot be kept

    NEXT: ClassVar[dict[str, set[str]]] = {
        Status.OFFERED: {Status.ACCEPTED, Status.DECLINED, Status.LAPSED, Status.WITHDRAWN},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey(WaitlistEntry, models.PROTECT, related_name="offers")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # half-open, as the visit's
    status = models.CharField(max_length=9, choices=Status, default=Status.OFFERED)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # from here on it is hers no longer
    closed_at = models.DateTimeField(null=True)
    appointment = models.ForeignKey(
        "appointments.Appointment", models.PROTECT, null=True, related_name="waitlist_offers"
    )  # that has the time since

    class Privacy:
        phi = ("starts_at", "ends_at", "status", "offered_at", "expires_at", "closed_at")
        plain = ("id", "entry", "appointment")

    class Tenancy:
        of = "entry"
        agrees = ("appointment",)

    objects = WaitlistOfferQuerySet.as_manager()

    class Meta:
        constraints = [
            # Whoever let a time go by is not asked about it again, nor about half of it.
            ExclusionConstraint(
                name="waitlist_offer_once_a_time",
                expressions=[
                    (IdRange("entry"), RangeOperators.OVERLAPS),
                    (TimeRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(status="offered"), name="waitlist_offer_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["offered", "accepted", "declined", "lapsed", "withdrawn"]),
                name="waitlist_offer_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="offered", closed_at=None)
                | ~Q(status="offered") & Q(closed_at__isnull=False, closed_at__gte=F("offered_at")),
                name="waitlist_offer_closed_unless_open",
            ),
            models.CheckConstraint(
                condition=Q(status="accepted", appointment__isnull=False)
                | ~Q(status="accepted") & Q(appointment=None),
                name="waitlist_offer_visit_iff_accepted",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at"))
                & Q(offered_at__lt=F("expires_at"))
                & Q(expires_at__lte=F("starts_at")),
                name="waitlist_offer_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"waitlist offer {self.pk} {self.status}"

    @property
    def patient(self) -> Patient:
        return self.entry.patient

    @property
    def provider(self) -> Provider:
        return self.entry.provider

    @property
    def holder(self) -> str:
        """For whom the time is held. No browser's secret reads like this."""
        return f"waitlist {self.pk}"

    def lock(self) -> None:
        """Read the row anew and keep others from changing it until the transaction ends."""
        self.refresh_from_db(from_queryset=WaitlistOffer.objects.select_for_update(of=("self",)))

    def is_open(self, *, now: datetime) -> bool:
        return self.status == self.Status.OFFERED and now < self.expires_at

    def close(self, status: str, *, now: datetime, **fields: models.Model) -> None:
        """
        Let it be over. The caller has locked the provider's time.

        :param fields: the `appointment` of one that is accepted
        :raises AlreadyClosed: of two answers, the second
        """
        self.lock()
        if status not in self.NEXT.get(self.status, ()):
            raise AlreadyClosed
        self.status, self.closed_at = status, now
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["status", "closed_at", *fields])
