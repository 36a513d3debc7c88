"""When the room of a visit is open."""

from datetime import datetime
from typing import Literal

from appointments import door
from appointments.models import Appointment
from sessions.models import VideoSession

HAPPENS = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED, Appointment.Status.FULFILLED)


class RoomClosed(Exception):
    """Nobody can enter now, and why."""

    def __init__(self, why: Literal["early", "late", "called-off"]) -> None:
        super().__init__(why)
        self.why = why


def open_room(*, appointment: Appointment, now: datetime) -> VideoSession:
    """
    Return the visit's room, made on the first call. It may have ended: look at its status.

    :raises RoomClosed: before and after its hours, and for a visit that does not take place
    """
    if appointment.status not in HAPPENS:
        raise RoomClosed("called-off")
    room = VideoSession.objects.filter(appointment=appointment).first()
    if room is None or room.live_at is None:
        # A visit in progress is never cut off by the clock, and one that was held is found again.
        check_hours(appointment, now=now)
    return room or VideoSession.objects.get_or_create(appointment=appointment)[0]


def check_hours(appointment: Appointment, *, now: datetime) -> None:
    """
    :raises RoomClosed: before and after the room's hours
    """
    if now < door.opens_at(appointment):
        raise RoomClosed("early")
    if now >= door.closes_at(appointment):
        raise RoomClosed("late")
