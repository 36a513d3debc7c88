"""Who comes in, when: the patient knocks, the provider admits, both connect, the provider ends.

Whatever a person may press twice does its work once. Each change is made under the lock of the
room's row, is audited, and is heard by every socket of the room when it is committed.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from appointments import attendance, days
from appointments.models import Appointment, Attendance
from core import audit, events
from sessions.models import CheckIn, InvalidTransition, Role, Seat, VideoSession

Status = VideoSession.Status


class NotYours(Exception):
    """This deed belongs to the other person of the visit."""


def require(session: VideoSession, user: User, role: Role) -> None:
    """
    :raises NotYours: unless `user` has that role in the room
    """
    if session.role_of(user) != role:
        raise NotYours


@transaction.atomic
def knock(*, session: VideoSession, by: User, now: datetime) -> None:
    """
    The patient sits down in the waiting room, and the provider's day shows it.

    :raises NotYours: unless `by` is the patient
    :raises InvalidTransition: if the visit has ended
    """
    require(session, by, Role.PATIENT)
    lock(session)
    if session.status in (Status.WAITING, Status.ADMITTED, Status.LIVE):
        return
    session.wait(now=now)
    attendance.record_arrival(appointment=session.appointment, now=now)
    _announce("video.knocked", session, by=by, now=now)


@transaction.atomic
def admit(*, session: VideoSession, by: User, now: datetime) -> None:
    """
    The provider opens the door. From here on camera and microphone may be sent.

    :raises NotYours: unless `by` is the provider
    :raises InvalidTransition: if nobody has knocked, if the patient has since said that she is
        where the provider may not treat her, or if the visit has ended
    """
    require(session, by, Role.PROVIDER)
    lock(session)
    if session.status in (Status.ADMITTED, Status.LIVE):
        return
    if not CheckIn.objects.filter(session=session).exists():
        raise InvalidTransition("admitted without a check-in")
    session.admit(now=now)
    attendance.record_beginning(appointment=session.appointment, now=now)
    _announce("video.admitted", session, by=by, now=now)


@transaction.atomic
def report_connected(*, seat: Seat, now: datetime) -> None:
    """One side sees and hears the other. When both say so, the visit is live.

    A report that comes late, or from a socket that has lost its seat, changes nothing.
    """
    session = seat.session
    session.lock()
    if session.status not in (Status.ADMITTED, Status.LIVE):
        return
    seats = Seat.objects.filter(session=session)
    seats.filter(pk=seat.pk, epoch=seat.epoch, is_present=True).update(is_connected=True)
    if not session.are_both_connected():
        return
    if session.status == Status.ADMITTED:
        session.go_live(now=now)
        _announce("video.live", session, by=None, now=now)
    elif session.parted_at:
        session.rejoin(now=now)


@transaction.atomic
def report_differing(*, seat: Seat, now: datetime) -> None:
    """One side says that somebody may sit in between. Both pages break off; the trail keeps it."""
    patient_id = seat.session.appointment.patient_id
    audit.record(
        "video.differed", subject=seat.session, by=seat.user, at=now, patient_id=patient_id
    )


@transaction.atomic
def end(*, session: VideoSession, by: User, now: datetime) -> None:
    """
    The provider ends the visit for both. What happened is kept as an Attendance, until the two
    were last connected; where they never met there is nothing to keep.

    :raises NotYours: unless `by` is the provider
    """
    require(session, by, Role.PROVIDER)
    finish(session, by=by, now=now)


@transaction.atomic
def call_off(*, appointment: Appointment, by: User, now: datetime) -> None:
    """The visit is cancelled: whoever waits in its room is told, and the door stays shut."""
    if session := VideoSession.objects.filter(appointment=appointment).first():
        finish(session, by=by, now=now)


def finish(session: VideoSession, *, by: User | None, now: datetime) -> None:
    """End the room once, and keep what happened in it. Needs a transaction."""
    lock(session)
    if session.status == Status.ENDED:
        return
    if session.live_at:
        ended_at = session.parted_at or max(now, session.live_at)
        _record_attendance(session, started_at=session.live_at, ended_at=ended_at)
    else:
        attendance.take_back_beginning(appointment=session.appointment)
    session.end(now=now)
    session.seats.update(is_present=False, is_connected=False)
    _announce("video.ended", session, by=by, now=now)


def lock(session: VideoSession) -> None:
    """The appointment first, as a cancellation does, so that neither waits for the other."""
    session.appointment.lock()
    session.lock()


def _record_attendance(session: VideoSession, *, started_at: datetime, ended_at: datetime) -> None:
    # Nobody is let in without a check-in. Were it missing, the visit was held all the same: then
    # count the state it was booked for, and the place that claims nothing about her home.
    check_in = CheckIn.objects.filter(session=session).first()
    attendance.record_attendance(
        appointment=session.appointment,
        started_at=started_at,
        ended_at=ended_at,
        apart_seconds=session.apart_seconds,
        modality=modality(session),
        patient_state=check_in.state if check_in else session.appointment.patient_state,
        is_at_home=check_in.is_at_home if check_in else False,
    )


def modality(session: VideoSession) -> str:
    """Video if the patient's camera was on at any time: modifier 95, else 93 (CPT Appendix T)."""
    was_seen = session.seats.filter(role=Role.PATIENT, has_sent_video=True).exists()
    return Attendance.Modality.VIDEO if was_seen else Attendance.Modality.AUDIO


def _announce(action: str, session: VideoSession, *, by: User | None, now: datetime) -> None:
    patient_id = session.appointment.patient_id
    audit.record(action, subject=session, by=by, at=now, patient_id=patient_id)
    publish_change(session)
    days.publish_change(session.appointment)


def publish_change(session: VideoSession) -> None:
    """Make every socket of the room look again: at the room, and at its own right to be there."""
    events.publish(f"session.{session.pk}", type="room.changed")
