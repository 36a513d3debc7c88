"""Ending the rooms that nobody ended: their hours are over, and nobody is in them.

A browser can be closed instead of "End visit" pressed. Without this the day would show a room in
use for ever, and the visit would never get its Attendance.
"""

from datetime import datetime

from django.db import transaction

from appointments import door
from sessions import admission
from sessions.models import VideoSession

Status = VideoSession.Status


def close_abandoned(*, now: datetime) -> int:
    """Return how many rooms were ended. Where two people are still talking, nothing is cut off."""
    abandoned = VideoSession.objects.filter(
        status__in=(Status.WAITING, Status.ADMITTED, Status.LIVE),
        appointment__ends_at__lte=now - door.CLOSES_AFTER,
    ).exclude(seats__is_present=True)
    return sum(_close(room, now=now) for room in abandoned)


@transaction.atomic
def _close(room: VideoSession, *, now: datetime) -> bool:
    admission.lock(room)  # then look: somebody may be coming back at this moment
    if room.status == Status.ENDED or room.seats.filter(is_present=True).exists():
        return False
    admission.finish(room, by=None, now=now)
    return True
