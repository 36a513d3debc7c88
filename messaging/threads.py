"""Opening a thread, and finding those one may open."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Patient, Provider, User
from appointments.models import Appointment
from messaging.models import Thread


class NotTogether(Exception):
    """The two have no visit with each other, past or to come."""


def open_thread(*, patient: Patient, provider: Provider, now: datetime) -> Thread:
    """Return the one thread of the two; make it the first time.

    :raises NotTogether: a message is part of a treatment, so a visit comes first
    """
    visits = Appointment.objects.filter(patient=patient, provider=provider)
    if not visits.exclude(status=Appointment.Status.HELD).exists():
        raise NotTogether
    thread, _ = Thread.objects.get_or_create(
        patient=patient, provider=provider, defaults={"opened_at": now}
    )
    return thread


def open_for(visit: Appointment, *, now: datetime) -> Thread:
    """Open the thread of a visit's two people.

    :raises NotTogether: a hold is not a visit yet
    """
    if visit.patient is None:
        raise NotTogether
    return open_thread(patient=visit.patient, provider=visit.provider, now=now)


def unopened(user: User) -> QuerySet[Appointment]:
    """Return one visit for each person whom `user` has visits but no thread with."""
    opened = Thread.objects.filter(patient=OuterRef("patient"), provider=OuterRef("provider"))
    return (
        Appointment.objects.visible_to(user)
        .exclude(status=Appointment.Status.HELD)
        .exclude(Exists(opened))
        .select_related("patient", "provider")
        .order_by("patient", "provider", "-starts_at")
        .distinct("patient", "provider")
    )
