"""Who cares for whom: the rows that open a chart. `accounts.models` builds on it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.db import IdRange, TimeRange

if TYPE_CHECKING:
    from accounts.models import User


class Care(models.TextChoices):
    """As what somebody takes part in a patient's care."""

    TREATING = "treating", _("Treats")
    COVERING = "covering", _("Stands in")
    SUPERVISING = "supervising", _("Supervises")
    PEER = "peer", _("Peer support")


# A role in a patient's care is worth nothing without the role in her practice that it goes with.
WORKS_AS: dict[str, str] = {
    Care.TREATING: "provider",
    Care.COVERING: "provider",
    Care.SUPERVISING: "supervisor",
    Care.PEER: "peer",
}
CLINICAL = (Care.TREATING, Care.COVERING)  # these meet the patient: visits, notes, messages
READING = (Care.COVERING, Care.SUPERVISING)  # these read what others have signed


class CareRelationshipQuerySet(models.QuerySet["CareRelationship"]):
    def current(self) -> Self:
        """Those that hold at this moment, which `visible_to` asks for at each request and frame."""
        now = timezone.now()  # noqa: TID251 -- a right is asked live; its askers have no clock
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)

    def managed_by(self, user: "User") -> Self:
        """Those of the practice that `user` is an admin of, over or not."""
        return self.filter(
            patient__practice__memberships__user=user,
            patient__practice__memberships__role="practice-admin",
        )

    def newest_first(self) -> Self:
        """With the people that a page names."""
        return self.select_related("patient", "person__provider").order_by("-starts_at", "-pk")

    def of(self, user: "User", roles: Iterable[str]) -> Self:
        """Those by which `user` cares as one of `roles`, and works in the patient's practice."""
        works = [
            Q(role=role, patient__practice__memberships__role=WORKS_AS[role]) for role in roles
        ]
        return self.current().filter(
            Q(*works, _connector=Q.OR), person=user, patient__practice__memberships__user=user
        )


def once(role: str) -> ExclusionConstraint:
    """The same person is not twice in the same role for the same patient at the same time."""
    return ExclusionConstraint(
        name=f"care_{role}_once",
        expressions=[
            (IdRange("patient"), RangeOperators.OVERLAPS),
            (IdRange("person"), RangeOperators.OVERLAPS),
            (TimeRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
        ],
        condition=Q(role=role),
    )


class CareRelationship(models.Model):
    """Who cares for a patient, as what, from when to when. The only road to her chart.

    Half-open: care that ends at ten is over at ten. Never reopened: a new one begins. FHIR
    CareTeam.participant.
    """

    class Reason(models.TextChoices):
        VISIT = "visit", _("A visit was booked")
        ASSIGNED = "assigned", _("The practice asked for it")
        REOPENED = "reopened", _("Opened again")

    class EndReason(models.TextChoices):
        COMPLETED = "completed", _("The treatment is complete")
        TRANSFERRED = "transferred", _("Someone else takes over")
        PATIENT_LEFT = "patient-left", _("The patient does not wish to go on")
        NOT_SUITED = "not-suited", _("Another kind of care suits better")
        CONFLICT = "conflict", _("There is a conflict of interest")

    patient = models.ForeignKey(
        "accounts.Patient", models.PROTECT, related_name="care_relationships"
    )
    person = models.ForeignKey("accounts.User", models.PROTECT, related_name="care_relationships")
    role = models.CharField(max_length=12, choices=Care)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=12, choices=Reason)
    end_reason = models.CharField(max_length=12, choices=EndReason, blank=True)

    class Privacy:
        phi = ("patient", "role", "starts_at", "ends_at", "reason", "end_reason")
        plain = ("person",)

    class Tenancy:
        of = "patient"

    objects = CareRelationshipQuerySet.as_manager()

    class Meta:
        constraints = [
            *(once(role) for role in ["treating", "covering", "supervising", "peer"]),
            models.CheckConstraint(
                condition=Q(role__in=["treating", "covering", "supervising", "peer"]),
                name="care_role_known",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="care_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(end_reason="") | Q(ends_at__isnull=False),
                name="care_end_reason_needs_end",
            ),
            models.CheckConstraint(
                condition=~Q(role="covering") | Q(ends_at__isnull=False),
                name="care_covering_has_end",
            ),
        ]

    def __str__(self) -> str:
        return f"care relationship {self.pk}"


def in_care(user: "User", *, patient: str, provider: str) -> Q:
    """
    The rows of `user`'s own work as a provider, as long as she cares for the patient.

    :param patient: the way from the row to its patient: "appointment__patient"
    :param provider: the way to the provider whose work it is
    """
    cares = CareRelationship.objects.of(user, CLINICAL).filter(patient=OuterRef(patient))
    return Q(Exists(cares), **{f"{provider}__user": user})


def goes_on(*, patient: str, person: str) -> Exists:
    """Whether the two people of a row are in care at this moment, whoever asks.

    :param patient: the way from the row to its patient
    :param person: the way to the one who cares: "provider__user"
    """
    cares = CareRelationship.objects.current().filter(role__in=CLINICAL)
    return Exists(cares.filter(patient=OuterRef(patient), person=OuterRef(person)))
