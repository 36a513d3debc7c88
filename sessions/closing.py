"""Ending the rooms that nobody ended: their hours are over, and nobody is in them.

A browser can be closed instead of "End visit" pressed. Without this the day would show a room in
use for ever, and the visit would never get its Attendance.
"""

from datetime import datetime, timedelta

from django.db import transaction

from appointments import door
from sessions import admission
from sessions.models import VideoSession

Status = VideoSession.Status
# Later than this nobody talks any more: a tab was left open, or a killed process kept the seats.
GIVE_UP_AFTER = timedelta(hours=12)


def close_abandoned(*, now: datetime) -> int:
    """
    Return how many rooms were ended. Whoever is in a room may stay for twelve hours more, so that
    no visit is cut off.
    """
    open_ones = VideoSession.objects.filter(
        status__in=(Status.WAITING, Status.ADMITTED, Status.LIVE),
        appointment__ends_at__lte=now - door.CLOSES_AFTER,
    ).select_related("appointment")
    return sum(_close(room, now=now) for room in open_ones)


@transaction.atomic
def _close(room: VideoSession, *, now: datetime) -> bool:
    admission.lock(room)  # then look: somebody may be coming back at this moment
    closed_at = door.closes_at(room.appointment)
    is_held = room.seats.filter(is_present=True).exists() and now < closed_at + GIVE_UP_AFTER
    if room.status == Status.ENDED or is_held:
        return False
    if room.are_both_connected():
        room.part(now=closed_at)  # when they really did, nobody saw; no later than this is counted
    admission.finish(room, by=None, now=now)
    return True
