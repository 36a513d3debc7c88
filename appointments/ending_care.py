"""A provider ends the care of a patient: only when nothing of it is left to do."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts import caring
from accounts.care_team import CLINICAL, CareRelationship
from accounts.models import Patient, Provider
from appointments.models import Appointment, AppointmentQuerySet


class StillToDo(Exception):
    """A visit is booked, under way, or not written up. She would be left in front of a closed door,
    or her record unfinished."""


@transaction.atomic
def end_care(*, patient: Patient, provider: Provider, reason: str, now: datetime) -> None:
    """
    From now on the provider sees neither the chart nor the messages; the practice keeps both.

    :param reason: one of `CareRelationship.EndReason`
    :raises StillToDo:
    :raises caring.EndedAlready:
    """
    by = provider.user
    cares = CareRelationship.objects.of(by, CLINICAL).filter(patient=patient)
    # Lock, then look: of two who act at once, one ends the care and the other books a visit.
    locked = list(CareRelationship.objects.select_for_update().filter(pk__in=cares.values("pk")))
    if not locked:
        raise caring.EndedAlready
    if unfinished(patient, provider, now=now).exists():
        raise StillToDo
    for care in locked:
        caring.end_care(care=care, reason=reason, by=by, now=now)


def unfinished(patient: Patient, provider: Provider, *, now: datetime) -> AppointmentQuerySet:
    """The visits of the two that are ahead, under way, or held and not written up."""
    ahead = Q(status__in=[Appointment.Status.BOOKED, Appointment.Status.ARRIVED], ends_at__gt=now)
    begun = Q(status=Appointment.Status.ARRIVED) & (
        Q(begun_at__isnull=False) | Q(attendance__isnull=False)
    )
    return Appointment.objects.filter(ahead | begun, patient=patient, provider=provider)
