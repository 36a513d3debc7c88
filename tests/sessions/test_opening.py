from datetime import timedelta

import pytest

from appointments.models import Appointment
from sessions import admission, opening
from sessions.models import VideoSession
from tests.factories import NINE, NOW, VISIT, make_visit

HALF_AN_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def visit(dr_bob, alice):
    return make_visit(dr_bob, alice)


def why_closed(visit, now) -> str:
    with pytest.raises(opening.RoomClosed) as refusal:
        opening.open_room(appointment=visit, now=now)
    return refusal.value.why


def test_the_room_opens_half_an_hour_before_the_visit(visit):
    too_early = why_closed(visit, NINE - HALF_AN_HOUR - INSTANT)

    room = opening.open_room(appointment=visit, now=NINE - HALF_AN_HOUR)

    assert (too_early, room.status) == ("early", "scheduled")


def test_the_room_closes_an_hour_after_the_visit(visit):
    room = opening.open_room(appointment=visit, now=NINE + VISIT + HOUR - INSTANT)

    assert (room.status, why_closed(visit, NINE + VISIT + HOUR)) == ("scheduled", "late")


def test_a_visit_has_one_room(visit):
    rooms = {opening.open_room(appointment=visit, now=NINE).pk for _ in range(3)}

    assert rooms == {VideoSession.objects.get().pk}


@pytest.mark.parametrize("status", ["cancelled", "noshow"])
def test_a_visit_that_does_not_take_place_has_no_room(visit, status):
    off = {f"{status}_at": NOW, f"{status}_by": visit.patient.user}
    Appointment.objects.filter(pk=visit.pk).update(status=status, **off)
    visit.refresh_from_db()

    assert why_closed(visit, NINE) == "called-off"


def test_a_visit_in_progress_is_not_cut_off_by_the_clock(visit):
    room = opening.open_room(appointment=visit, now=NINE)
    for step in (room.wait, room.admit, room.go_live):
        step(now=NINE)

    assert opening.open_room(appointment=visit, now=NINE + 5 * HOUR) == room


def test_the_room_of_a_visit_that_was_held_is_found_however_late(visit, dr_bob):
    room = opening.open_room(appointment=visit, now=NINE)
    for step in (room.wait, room.admit, room.go_live):
        step(now=NINE)
    admission.end(session=room, by=dr_bob.user, now=NINE)

    assert opening.open_room(appointment=visit, now=NINE + 5 * HOUR).status == "ended"


def test_where_the_two_never_met_the_room_closes_with_its_hours(visit, dr_bob):
    room = opening.open_room(appointment=visit, now=NINE)
    admission.end(session=room, by=dr_bob.user, now=NINE)

    assert why_closed(visit, NINE + 5 * HOUR) == "late"
