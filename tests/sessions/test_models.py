"""What the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from sessions.models import CheckIn, InvalidTransition, Role, Seat, VideoSession
from tests.sessions.conftest import HOME, NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def seat(room, alice):
    return Seat.objects.create(session=room, user=alice.user, role=Role.PATIENT)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "waiting"}, "video_session_waiting_since"),
        ({"status": "admitted"}, "video_session_admitted_since"),
        ({"status": "live"}, "video_session_live_since"),
        ({"status": "ended"}, "video_session_ended_at_iff_ended"),
        ({"parted_at": NOW}, "video_session_parted_after_live"),
        ({"parted_at": NOW, "live_at": NOW + MINUTE}, "video_session_parted_after_live"),
        ({"ended_at": NOW}, "video_session_ended_at_iff_ended"),
        ({"status": "elsewhere"}, "video_session_status_known"),
    ],
)
def test_a_room_in_an_impossible_state_is_refused(room, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        VideoSession.objects.filter(pk=room.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"is_present": True, "left_at": NOW}, "seat_left_is_empty"),
        ({"is_present": False, "is_connected": True}, "seat_connected_is_present"),
    ],
)
def test_a_seat_in_an_impossible_state_is_refused(seat, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Seat.objects.filter(pk=seat.pk).update(**fields)


def test_a_role_has_one_seat(seat, room, mallory):
    with pytest.raises(IntegrityError, match="seat_one_a_role"), transaction.atomic():
        Seat.objects.create(session=room, user=mallory.user, role=Role.PATIENT)


def test_a_person_has_one_seat(seat, room, alice):
    with pytest.raises(IntegrityError, match="seat_one_a_person"), transaction.atomic():
        Seat.objects.create(session=room, user=alice.user, role=Role.PROVIDER)


@pytest.mark.parametrize(
    ("answers", "constraint"),
    [
        ({"is_private": False}, "check_in_is_private"),
        ({"address": ""}, "check_in_can_be_found"),
        ({"callback_phone": ""}, "check_in_can_be_found"),
    ],
)
def test_a_check_in_that_protects_nobody_is_refused(room, answers, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CheckIn.objects.create(session=room, checked_in_at=NOW, **HOME | answers)


def test_a_room_does_not_skip_the_door(room):
    with pytest.raises(InvalidTransition):
        room.go_live(now=NOW)


def test_the_log_shows_no_name(room):
    assert str(room) == f"video session {room.pk} scheduled"
