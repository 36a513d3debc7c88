"""What the room's page shows, for the person who looks at it."""

from dataclasses import dataclass

from accounts.models import User
from appointments.models import Appointment
from core import zones
from sessions.models import Role, VideoSession


@dataclass(frozen=True)
class RoomPage:
    room: VideoSession
    appointment: Appointment
    role: str
    other_name: str  # of the other person, as this one reads it
    socket: str

    @property
    def zone(self) -> str:
        return zones.label(zones.current())

    @property
    def is_patient(self) -> bool:
        return self.role == Role.PATIENT


def page_of(room: VideoSession, user: User) -> RoomPage:
    """Build the page of one of the two people of the visit."""
    visit = room.appointment
    role = room.role_of(user)
    assert role is not None  # visible_to(user)
    assert visit.patient is not None  # a hold has no room
    name = visit.provider.name if role == Role.PATIENT else visit.patient.name
    return RoomPage(room, visit, role, name, f"/ws/session/{room.pk}/")
