from datetime import timedelta
from uuid import uuid4

import pytest

from appointments import booking
from sessions import admission, presence, seats
from sessions.models import CheckIn, Seat
from tests.factories import end_all_care
from tests.sessions.conftest import NOW

DAY = timedelta(days=1)


@pytest.fixture
def sit(room):
    def sit_down(person, at=NOW):
        return seats.take(session_id=room.pk, user=person.user, now=at)

    return sit_down


def held(seat):
    return seats.held(session_id=seat.session_id, user_id=seat.user_id, epoch=seat.epoch)


def test_each_socket_takes_the_seat_with_a_new_epoch(checked_in, alice, sit):
    assert [sit(alice).epoch for _ in range(3)] == [1, 2, 3]
    assert Seat.objects.count() == 1


def test_the_newest_socket_has_the_seat(checked_in, alice, sit):
    old, new = sit(alice), sit(alice)

    assert held(new).seat == new
    with pytest.raises(seats.SeatTaken):
        held(old)


def test_the_roles_follow_from_the_visit(checked_in, alice, dr_bob, sit):
    assert [sit(alice).role, sit(dr_bob).role] == ["patient", "provider"]


@pytest.mark.parametrize("person", ["mallory", "carol"])
def test_a_stranger_finds_no_room(room, person, request, sit):
    with pytest.raises(seats.NotFound):
        sit(request.getfixturevalue(person))


def test_no_room_is_found_under_another_id(alice, db):
    with pytest.raises(seats.NotFound):
        seats.take(session_id=uuid4(), user=alice.user, now=NOW)


def test_the_patient_must_have_checked_in(room, alice, sit):
    with pytest.raises(seats.NotCheckedIn):
        sit(alice)

    assert Seat.objects.filter(is_present=True).count() == 0


def test_the_provider_need_not_check_in(room, dr_bob, sit):
    assert sit(dr_bob).is_present


def test_a_deactivated_person_is_not_seated(room, dr_bob, sit):
    dr_bob.user.is_active = False
    dr_bob.user.save()

    with pytest.raises(seats.NotFound):
        sit(dr_bob)


def test_nobody_sits_down_after_the_end(room, checked_in, alice, dr_bob, sit):
    admission.end(session=room, by=dr_bob.user, now=NOW)

    with pytest.raises(seats.RoomOver):
        sit(alice)


def test_nobody_sits_down_outside_the_hours(room, dr_bob, sit):
    with pytest.raises(seats.RoomOver):
        sit(dr_bob, at=NOW + DAY)


def test_a_seat_is_lost_when_the_person_is_deactivated(room, dr_bob, sit):
    seat = sit(dr_bob)
    dr_bob.user.is_active = False
    dr_bob.user.save()

    with pytest.raises(seats.NotFound):
        held(seat)


def test_a_seat_is_lost_when_the_visit_ends(room, checked_in, alice, dr_bob, sit):
    seat = sit(alice)
    admission.end(session=room, by=dr_bob.user, now=NOW)

    with pytest.raises(seats.RoomOver):
        held(seat)


def test_a_seat_is_lost_when_the_visit_is_cancelled(room, visit, dr_bob, sit):
    seat = sit(dr_bob)
    booking.cancel(appointment=visit, by=dr_bob.user, now=NOW)

    with pytest.raises(seats.RoomOver):
        held(seat)


def test_a_seat_is_lost_when_the_patient_may_not_be_treated_where_she_is(checked_in, alice, sit):
    seat = sit(alice)
    CheckIn.objects.all().delete()

    with pytest.raises(seats.NotCheckedIn):
        held(seat)


def test_a_dropped_socket_only_marks_the_seat_empty(checked_in, alice, dr_bob, sit):
    seat, other = sit(alice), sit(dr_bob)

    seats.drop(seat=seat, now=NOW)

    assert presence.picture(held(other))["other"] == {
        "is_here": False,
        "has_left": False,
        "epoch": 1,
    }


def test_to_leave_is_told_from_a_dropped_socket(checked_in, alice, dr_bob, sit):
    seat, other = sit(alice), sit(dr_bob)

    seats.leave(seat=seat, now=NOW)

    assert presence.picture(held(other))["other"] == {
        "is_here": False,
        "has_left": True,
        "epoch": 1,
    }


def test_an_old_sockets_end_does_not_empty_the_seat(checked_in, alice, dr_bob, sit):
    old, _new, other = sit(alice), sit(alice), sit(dr_bob)

    seats.drop(seat=old, now=NOW)

    assert presence.picture(held(other))["other"] == {
        "is_here": True,
        "has_left": False,
        "epoch": 2,
    }


def test_coming_back_forgets_that_one_had_left(checked_in, alice, dr_bob, sit):
    other = sit(dr_bob)
    seats.leave(seat=sit(alice), now=NOW)

    sit(alice)

    assert presence.picture(held(other))["other"] == {
        "is_here": True,
        "has_left": False,
        "epoch": 2,
    }


def test_alone_in_the_room(room, dr_bob, sit):
    assert presence.picture(held(sit(dr_bob))) == {
        "status": "scheduled",
        "other": {"is_here": False, "has_left": False, "epoch": 0},
    }


def test_held_costs_one_query(checked_in, alice, sit, django_assert_num_queries):
    seat = sit(alice)

    with django_assert_num_queries(1):
        held(seat)


def test_a_seat_is_lost_when_care_ends(checked_in, alice, dr_bob, sit):
    his, hers = sit(dr_bob), sit(alice)

    end_all_care()

    with pytest.raises(seats.NotFound):
        held(his)
    with pytest.raises(seats.NotFound):
        sit(dr_bob)
    assert held(hers).seat == hers
