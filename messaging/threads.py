"""Opening a thread, finding those one may open, and whether what is written there is read."""

from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.care_team import CLINICAL, CareRelationship
from accounts.models import Erasure, Membership, Patient, Provider, User
from appointments.models import Appointment
from messaging.models import Thread


class NotTogether(Exception):
    """The one does not care for the other, or an account is closed: nobody would read it."""


class Closed(StrEnum):
    """Why nobody would read what is written in a thread."""

    ERASED = "erased"
    AWAY = "away"  # an account is closed, or she is no therapist of the practice any more
    ENDED = "ended"  # the care is over, or never began


def open_thread(*, patient: Patient, provider: Provider, now: datetime) -> Thread:
    """Return the one thread of the two; make it the first time.

    :raises NotTogether: a message is part of a treatment, so a visit comes first
    """
    if thread := Thread.objects.filter(patient=patient, provider=provider).first():
        return thread
    if not are_together(patient, provider):
        raise NotTogether
    thread, _ = Thread.objects.get_or_create(
        patient=patient, provider=provider, defaults={"opened_at": now}
    )
    return thread


def are_together(patient: Patient, provider: Provider) -> bool:
    """Whether the provider cares for the patient now, and each reads what the other writes."""
    if not (patient.user.is_active and provider.user.is_active):
        return False
    cares = CareRelationship.objects.of(provider.user, CLINICAL)
    return cares.filter(patient=patient).exists()


def why_closed(patient: Patient, provider: Provider) -> Closed | None:
    """Say why the two cannot write to each other; None where they can."""
    if are_together(patient, provider):
        return None
    if Erasure.objects.filter(patient=patient).exists():
        return Closed.ERASED
    works = provider.user.memberships.filter(
        practice=patient.practice_id, role=Membership.Role.PROVIDER
    )
    if patient.user.is_active and provider.user.is_active and works.exists():
        return Closed.ENDED
    return Closed.AWAY


def open_for(visit: Appointment, *, now: datetime) -> Thread:
    """Open the thread of a visit's two people.

    :raises NotTogether: a hold is not a visit yet
    """
    if visit.patient is None:
        raise NotTogether
    return open_thread(patient=visit.patient, provider=visit.provider, now=now)


def unopened(user: User) -> QuerySet[Appointment]:
    """Return one visit for each person in care with `user`, with whom there is no thread yet.

    Those whom `open_thread` would refuse are left out.
    """
    opened = Thread.objects.filter(patient=OuterRef("patient"), provider=OuterRef("provider"))
    return (
        Appointment.objects.visible_to(user)
        .in_care()
        .exclude(Exists(opened))
        .filter(
            patient__user__is_active=True,
            provider__user__is_active=True,
            provider__user__memberships__practice=F("patient__practice"),
            provider__user__memberships__role=Membership.Role.PROVIDER,
        )
        .select_related("patient", "provider")
        .order_by("patient", "provider", "-starts_at")
        .distinct("patient", "provider")
    )
