from datetime import timedelta

import pytest

from appointments import door
from appointments.models import Attendance
from sessions import admission, closing, seats
from sessions.tasks import close_abandoned_rooms
from telehealth.celery import app
from tests.sessions.conftest import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def over(visit):
    """The moment at which the room's hours are over."""
    return door.closes_at(visit)


@pytest.fixture
def pair(room, checked_in, alice, dr_bob):
    """The seats of the two, who are in the visit since NOW."""
    pair = [seats.take(session_id=room.pk, user=p.user, now=NOW) for p in (alice, dr_bob)]
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)
    for seat in pair:
        admission.report_connected(seat=seat, now=NOW)
    return pair


def kept(room):
    room.refresh_from_db()
    return room.status, [row.ended_at - row.started_at for row in Attendance.objects.all()]


def test_a_live_room_that_both_have_left_ends_when_its_hours_are_over(room, pair, over):
    for seat in pair:
        seats.drop(seat=seat, now=NOW + 48 * MINUTE)

    before = closing.close_abandoned(now=over - MINUTE)
    counts = [closing.close_abandoned(now=over) for _ in range(2)]

    assert (before, counts) == (0, [1, 0])
    assert kept(room) == ("ended", [48 * MINUTE])


def test_a_room_in_which_somebody_still_is_goes_on(room, pair, over):
    seats.drop(seat=pair[0], now=NOW + 48 * MINUTE)

    assert closing.close_abandoned(now=over) == 0
    assert kept(room) == ("live", [])


def test_seats_that_a_killed_process_left_taken_do_not_keep_a_room_for_ever(room, pair, over):
    much_later = over + closing.GIVE_UP_AFTER

    counts = [closing.close_abandoned(now=at) for at in (much_later - MINUTE, much_later)]

    assert counts == [0, 1]
    assert kept(room) == ("ended", [over - NOW])


def test_a_waiting_room_is_closed_without_attendance(room, visit, alice, over):
    admission.knock(session=room, by=alice.user, now=NOW)

    closing.close_abandoned(now=over)

    assert kept(room) == ("ended", [])


def test_the_bill_stops_when_the_first_of_the_two_goes(room, pair, dr_bob):
    seats.leave(seat=pair[0], now=NOW + 40 * MINUTE)
    seats.leave(seat=pair[1], now=NOW + 45 * MINUTE)

    admission.end(session=room, by=dr_bob.user, now=NOW + 300 * MINUTE)

    assert kept(room) == ("ended", [40 * MINUTE])


def test_who_comes_back_goes_on_with_the_visit(room, pair, alice, dr_bob):
    seats.drop(seat=pair[0], now=NOW + 10 * MINUTE)
    again = seats.take(session_id=room.pk, user=alice.user, now=NOW + 12 * MINUTE)
    admission.report_connected(seat=again, now=NOW + 12 * MINUTE)

    admission.end(session=room, by=dr_bob.user, now=NOW + 50 * MINUTE)

    assert kept(room) == ("ended", [50 * MINUTE])


def test_who_comes_back_alone_adds_nothing(room, pair, alice, dr_bob):
    seats.take(session_id=room.pk, user=alice.user, now=NOW + 12 * MINUTE)

    admission.end(session=room, by=dr_bob.user, now=NOW + 50 * MINUTE)

    assert kept(room) == ("ended", [12 * MINUTE])


def test_beat_asks_for_what_a_worker_knows():
    app.loader.import_default_modules()

    assert close_abandoned_rooms.name in app.tasks
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks) == set()
