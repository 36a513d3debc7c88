"""Two presses at the same moment, against the real database."""

from contextlib import suppress

import pytest

from appointments import booking
from appointments.models import Attendance
from core.models import AuditEvent
from sessions import admission, opening, seats
from sessions.models import InvalidTransition, VideoSession
from tests.sessions.conftest import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 6


def done_at_once(*deeds):
    """Do the deeds at the same moment; none of them may fail. Return what they return."""
    outcomes = at_once(len(deeds), lambda number: deeds[number]())
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    return outcomes


def audited(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def fresh(room) -> VideoSession:
    """The row as another process would have it: a deed refreshes the object it is given."""
    return VideoSession.objects.select_related("appointment__patient").get(pk=room.pk)


def test_one_room_is_opened_by_many(visit):
    rooms = done_at_once(*[lambda: opening.open_room(appointment=visit, now=NOW)] * CROWD)

    assert {room.pk for room in rooms} == {VideoSession.objects.get().pk}


def test_each_socket_gets_an_epoch_of_its_own(room, checked_in, alice):
    taken = done_at_once(
        *[lambda: seats.take(session_id=room.pk, user=alice.user, now=NOW)] * CROWD
    )

    assert sorted(seat.epoch for seat in taken) == list(range(1, CROWD + 1))


def test_many_knocks_are_one_arrival(room, visit, alice):
    done_at_once(*[lambda: admission.knock(session=fresh(room), by=alice.user, now=NOW)] * CROWD)

    assert (audited("video.knocked"), audited("appointment.arrived")) == (1, 1)


def test_both_reports_at_once_make_the_visit_live_once(room, checked_in, alice, dr_bob):
    pair = [seats.take(session_id=room.pk, user=p.user, now=NOW) for p in (alice, dr_bob)]
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)

    done_at_once(
        lambda: admission.report_connected(seat=pair[0], now=NOW),
        lambda: admission.report_connected(seat=pair[1], now=NOW),
    )

    room.refresh_from_db()
    assert (room.status, audited("video.live")) == ("live", 1)


def test_many_ends_are_one_end(room, checked_in, alice, dr_bob):
    pair = [seats.take(session_id=room.pk, user=p.user, now=NOW) for p in (alice, dr_bob)]
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)
    for seat in pair:
        admission.report_connected(seat=seat, now=NOW)

    done_at_once(*[lambda: admission.end(session=fresh(room), by=dr_bob.user, now=NOW)] * CROWD)

    assert (audited("video.ended"), Attendance.objects.count()) == (1, 1)


def test_a_cancellation_and_the_open_door_do_not_both_happen(
    room, checked_in, visit, alice, dr_bob
):
    admission.knock(session=room, by=alice.user, now=NOW)
    visit.refresh_from_db()

    def cancel():
        with suppress(booking.TooLate):
            booking.cancel(appointment=visit, by=alice.user, now=NOW)

    def admit():
        with suppress(InvalidTransition):
            admission.admit(session=fresh(room), by=dr_bob.user, now=NOW)

    done_at_once(cancel, admit)

    room.refresh_from_db()
    visit.refresh_from_db()
    assert (visit.status, room.status) in [("cancelled", "ended"), ("arrived", "admitted")]
