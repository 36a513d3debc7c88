"""Opening a thread, and finding those one may open."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from accounts.care_team import CLINICAL, CareRelationship
from accounts.models import Patient, Provider, User
from appointments.models import Appointment
from messaging.models import Thread


class NotTogether(Exception):
    """The one does not care for the other: no visit was booked yet, or the care has ended."""


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
    """Whether the provider cares for the patient now, and so reads what she writes."""
    cares = CareRelationship.objects.of(provider.user, CLINICAL)
    return cares.filter(patient=patient).exists()


def open_for(visit: Appointment, *, now: datetime) -> Thread:
    """Open the thread of a visit's two people.

    :raises NotTogether: a hold is not a visit yet
    """
    if visit.patient is None:
        raise NotTogether
    return open_thread(patient=visit.patient, provider=visit.provider, now=now)


def unopened(user: User) -> QuerySet[Appointment]:
    """Return one visit for each person in care with `user`, with whom there is no thread yet."""
    opened = Thread.objects.filter(patient=OuterRef("patient"), provider=OuterRef("provider"))
    return (
        Appointment.objects.visible_to(user)
        .in_care()
        .exclude(Exists(opened))
        .select_related("patient", "provider")
        .order_by("patient", "provider", "-starts_at")
        .distinct("patient", "provider")
    )
