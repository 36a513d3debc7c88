"""What still hangs on somebody whose work here is about to end, in words for the admin.

Visits and messages are of upper floors: each adds a count of its own (`counted`). Numbers only; an
admin's page of staff names no patient.
"""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Exists, F, OuterRef
from django.utils.translation import ngettext

from accounts.care_team import CLINICAL, CareRelationship
from accounts.models import User

Count = Callable[[User, datetime], str]
COUNTS: list[Count] = []


def counted(count: Count) -> Count:
    """Register a function that says what of a therapist's work is open, or "" where none is."""
    COUNTS.append(count)
    return count


def of(person: User, *, now: datetime) -> list[str]:
    """Return what hangs on `person` as a therapist."""
    return [words for count in COUNTS if (words := count(person, now))]


@counted
def patients(person: User, now: datetime) -> str:
    """Those whom no other open account meets: they would stand in front of a closed door."""
    clinical = CareRelationship.objects.filter(role__in=CLINICAL, starts_at__lte=now)
    going_on = clinical.exclude(ends_at__lte=now)
    others = going_on.filter(
        patient=OuterRef("patient"),
        person__is_active=True,
        person__memberships__practice=F("patient__practice"),
        person__memberships__role="provider",
    ).exclude(person=person)
    alone = going_on.filter(~Exists(others), person=person, patient__erasure=None)
    count = alone.values("patient").distinct().count()
    if not count:
        return ""
    return ngettext(
        "One patient whom nobody else treats", "%(count)s patients whom nobody else treats", count
    ) % {"count": count}
