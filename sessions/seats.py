"""Who sits in the room, and by which socket.

A seat has an epoch. Each socket that opens takes the seat and counts the epoch up, so that the
newest one has it: a reload, or the phone after the laptop, takes over and leaves no ghost.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import User
from core import audit
from sessions import opening
from sessions.admission import publish_change
from sessions.models import Role, Seat, VideoSession


class SeatRefused(Exception):
    """There is no place for this socket in the room, or not any longer."""


class NotFound(SeatRefused):
    """No such room, for this person."""


class NotCheckedIn(SeatRefused):
    """The patient has not said where she is, or may not be treated there."""


class SeatTaken(SeatRefused):
    """A newer socket of the same person has the seat."""


class RoomOver(SeatRefused):
    """The visit has ended, was called off, or the room is outside its hours."""


@dataclass(frozen=True)
class Place:
    """A seat that is held, and the one across from it once there is one."""

    seat: Seat
    other: Seat | None

    @property
    def is_other_present(self) -> bool:
        return self.other is not None and self.other.is_present


@transaction.atomic
def take(*, session_id: UUID, user: User, now: datetime) -> Seat:
    """
    Sit down: the seat of `user`, with a new epoch.

    :raises SeatRefused: as its kinds say
    """
    seat = _prepare(session_id, user)
    session = seat.session
    session.lock()
    _check_open(session, now=now)
    _check_checked_in(seat)
    fresh = {"epoch": F("epoch") + 1, "is_present": True, "is_connected": False, "left_at": None}
    _note_parting(session, now=now)
    Seat.objects.filter(pk=seat.pk).update(**fresh)
    seat.refresh_from_db(fields=list(fresh))
    patient_id = session.appointment.patient_id
    audit.record("video.entered", subject=session, by=user, at=now, patient_id=patient_id)
    publish_change(session)
    return seat


def _prepare(session_id: UUID, user: User) -> Seat:
    """Return the person's seat, made on the first call."""
    session = VideoSession.objects.visible_to(user).filter(pk=session_id).first()
    role = session.role_of(user) if session and user.is_active else None
    if role is None:
        raise NotFound
    return Seat.objects.get_or_create(session=session, user=user, defaults={"role": role})[0]


def held(*, session_id: UUID, user_id: int, epoch: int) -> Place:
    """
    Return the place that this socket has at this moment. Asked for each frame, both ways: one
    query.

    :raises SeatRefused: as its kinds say
    """
    seats = {seat.user_id: seat for seat in Seat.objects.with_rights().filter(session=session_id)}
    seat = seats.pop(user_id, None)
    if seat is None or not seat.user.is_active or not seat.is_in_care:
        raise NotFound
    if not _goes_on(seat.session):
        raise RoomOver
    if seat.epoch != epoch:
        raise SeatTaken
    _check_checked_in(seat)
    return Place(seat, next(iter(seats.values()), None))


def _goes_on(session: VideoSession) -> bool:
    has_ended = session.status == VideoSession.Status.ENDED
    return not has_ended and session.appointment.status in opening.HAPPENS


@transaction.atomic
def leave(*, seat: Seat, now: datetime) -> None:
    """Get up by choice. The way back stays open until the visit has ended."""
    if _empty(seat, now=now, left_at=now):
        patient_id = seat.session.appointment.patient_id
        audit.record(
            "video.left", subject=seat.session, by=seat.user, at=now, patient_id=patient_id
        )


def drop(*, seat: Seat, now: datetime) -> None:
    """The socket is gone. The seat is kept; an older socket's end does not empty a newer's."""
    _empty(seat, now=now)


def report_video(*, seat: Seat) -> None:
    """Keep that the camera was on during the visit."""
    Seat.objects.filter(pk=seat.pk, has_sent_video=False).update(has_sent_video=True)


@transaction.atomic
def _empty(seat: Seat, *, now: datetime, **fields: object) -> bool:
    seat.session.lock()
    mine = Seat.objects.filter(pk=seat.pk, epoch=seat.epoch, is_present=True)
    if not mine.exists():
        return False
    _note_parting(seat.session, now=now)
    mine.update(is_present=False, is_connected=False, **fields)
    publish_change(seat.session)
    return True


def _note_parting(session: VideoSession, *, now: datetime) -> None:
    """Keep when the first of the two went: nobody pays for time alone in the room."""
    if session.are_both_connected():
        session.part(now=now)


def _check_open(session: VideoSession, *, now: datetime) -> None:
    if session.status == VideoSession.Status.ENDED:
        raise RoomOver
    try:
        opening.open_room(appointment=session.appointment, now=now)
    except opening.RoomClosed as closed:
        raise RoomOver from closed


def _check_checked_in(seat: Seat) -> None:
    if seat.role == Role.PATIENT and not hasattr(seat.session, "check_in"):
        raise NotCheckedIn
