"""What a patient answers to a reminder."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User

DESK = Membership.KEEP_CALENDARS


class AppointmentResponseQuerySet(models.QuerySet["AppointmentResponse"]):
    def at_desk_of(self, user: User) -> Self:
        """The calls for help in the practice whose front desk `user` keeps."""
        keeps = Q(
            appointment__provider__practice__memberships__user=user,
            appointment__provider__practice__memberships__role__in=DESK,
        )
        mine = self.filter(keeps, kind=AppointmentResponse.Kind.HELP).values("pk")
        return self.filter(pk__in=mine)  # two roles of one person are one row

    def accepted(self) -> Self:
        """Those that still hold: a visit that was moved is to be answered anew."""
        accepted = self.filter(kind=AppointmentResponse.Kind.ACCEPTED)
        return accepted.filter(version=F("appointment__version"))

    def needed(self, *, now: datetime) -> Self:
        """Those that nobody has settled and whose visit can still be joined, in its order."""
        open_ones = self.filter(settled_at=None, appointment__status__in=["booked", "arrived"])
        ahead = open_ones.filter(appointment__ends_at__gt=now, version=F("appointment__version"))
        return ahead.order_by("appointment__starts_at")


class AppointmentResponse(models.Model):
    """That the patient will be there, or needs help joining. FHIR AppointmentResponse."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("Will be there")
        HELP = "help", _("Needs help joining")

    appointment = models.ForeignKey(
        "appointments.Appointment", models.PROTECT, related_name="responses"
    )
    version = models.PositiveIntegerField()  # of the visit; of a moved one nothing is said yet
    kind = models.CharField(max_length=8, choices=Kind)
    responded_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)  # somebody has helped
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Privacy:
        phi = ("kind", "responded_at", "settled_at")
        plain = ("appointment", "version", "settled_by")

    class Tenancy:
        of = "appointment"

    objects = AppointmentResponseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "version", "kind"],
                condition=Q(settled_at=None),
                name="response_open_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["accepted", "help"]), name="response_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None)
                | Q(kind="help", settled_at__isnull=False, settled_by__isnull=False),
                name="response_help_settled_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"appointment response {self.pk} {self.kind}"
