from datetime import timedelta

import pytest

from appointments import booking
from appointments.models import Appointment, Attendance
from billing.models import Charge
from care import notes
from core.models import AuditEvent
from sessions import admission, seats
from sessions.models import CheckIn, InvalidTransition, VideoSession
from tests.sessions.conftest import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sit(room):
    def sit_down(person):
        return seats.take(session_id=room.pk, user=person.user, now=NOW)

    return sit_down


@pytest.fixture
def live(room, checked_in, alice, dr_bob, sit):
    """Both are in the visit since `now`."""
    pair = [sit(alice), sit(dr_bob)]
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)
    for seat in pair:
        admission.report_connected(seat=seat, now=NOW)
    room.refresh_from_db()
    return pair


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_knock_seats_the_patient_in_the_waiting_room(room, visit, alice):
    admission.knock(session=room, by=alice.user, now=NOW)

    visit.refresh_from_db()
    assert (room.status, room.waiting_at, visit.status) == ("waiting", NOW, "arrived")


def test_knock_twice_is_one_arrival(room, alice):
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.knock(session=room, by=alice.user, now=NOW + MINUTE)

    assert room.waiting_at == NOW
    assert actions() == ["appointment.arrived", "video.knocked"]


def test_only_the_patient_knocks(room, dr_bob, mallory):
    for person in (dr_bob, mallory):
        with pytest.raises(admission.NotYours):
            admission.knock(session=room, by=person.user, now=NOW)

    assert VideoSession.objects.get().status == "scheduled"


def test_knock_on_an_ended_visit_is_refused(room, alice, dr_bob):
    admission.end(session=room, by=dr_bob.user, now=NOW)

    with pytest.raises(InvalidTransition):
        admission.knock(session=room, by=alice.user, now=NOW)


def test_admit_opens_the_door_once(room, checked_in, alice, dr_bob):
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW + MINUTE)
    admission.admit(session=room, by=dr_bob.user, now=NOW + 2 * MINUTE)

    assert (room.status, room.admitted_at) == ("admitted", NOW + MINUTE)
    assert actions().count("video.admitted") == 1


def test_nobody_is_admitted_who_has_not_knocked(room, dr_bob):
    with pytest.raises(InvalidTransition):
        admission.admit(session=room, by=dr_bob.user, now=NOW)


def test_only_the_provider_admits(room, alice, carol):
    admission.knock(session=room, by=alice.user, now=NOW)

    for person in (alice, carol):
        with pytest.raises(admission.NotYours):
            admission.admit(session=room, by=person.user, now=NOW)


def test_the_visit_is_live_when_both_are_connected(room, checked_in, alice, dr_bob, sit):
    patient, provider = sit(alice), sit(dr_bob)
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)

    admission.report_connected(seat=patient, now=NOW)
    halfway = VideoSession.objects.get().status
    admission.report_connected(seat=provider, now=NOW + MINUTE)

    room.refresh_from_db()
    assert (halfway, room.status, room.live_at) == ("admitted", "live", NOW + MINUTE)


def test_connected_before_the_door_opens_is_not_live(room, checked_in, alice, dr_bob, sit):
    pair = [sit(alice), sit(dr_bob)]
    admission.knock(session=room, by=alice.user, now=NOW)

    for seat in pair:
        admission.report_connected(seat=seat, now=NOW)

    assert VideoSession.objects.get().status == "waiting"


def test_a_socket_that_lost_its_seat_does_not_make_the_visit_live(
    room, checked_in, alice, dr_bob, sit
):
    old, provider = sit(alice), sit(dr_bob)
    sit(alice)
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)

    for seat in (old, provider):
        admission.report_connected(seat=seat, now=NOW)

    assert VideoSession.objects.get().status == "admitted"


def test_coming_back_to_a_live_visit_keeps_its_beginning(live, room, alice, sit):
    seat = sit(alice)

    admission.report_connected(seat=seat, now=NOW + MINUTE)

    room.refresh_from_db()
    assert (room.status, room.live_at) == ("live", NOW)


def test_the_end_keeps_what_happened(live, room, dr_bob):
    seats.report_video(seat=live[0])

    admission.end(session=room, by=dr_bob.user, now=NOW + 48 * MINUTE)

    attendance = Attendance.objects.get()
    assert (attendance.minutes, attendance.modality) == (48, "video")
    assert (attendance.patient_state, attendance.is_at_home) == ("IL", True)
    assert attendance.started_at == NOW


def test_time_in_which_the_connection_was_broken_does_not_count(live, room, alice, dr_bob, sit):
    seats.drop(seat=live[0], now=NOW + 10 * MINUTE)
    admission.report_connected(seat=sit(alice), now=NOW + 40 * MINUTE)

    admission.end(session=room, by=dr_bob.user, now=NOW + 48 * MINUTE)

    attendance = Attendance.objects.get()
    assert (attendance.apart_minutes, attendance.minutes) == (30, 18)
    assert attendance.ended_at == NOW + 48 * MINUTE


def test_every_break_is_taken_off(live, room, alice, dr_bob, sit):
    seat = live[0]
    for start in (5, 20):
        seats.drop(seat=seat, now=NOW + start * MINUTE)
        seat = sit(alice)
        admission.report_connected(seat=seat, now=NOW + (start + 3) * MINUTE)

    admission.end(session=room, by=dr_bob.user, now=NOW + 30 * MINUTE)

    assert Attendance.objects.get().minutes == 24


def test_without_the_patients_camera_the_visit_was_audio(live, room, dr_bob):
    seats.report_video(seat=live[1])

    admission.end(session=room, by=dr_bob.user, now=NOW + 48 * MINUTE)

    assert Attendance.objects.get().modality == "audio"


def test_where_the_two_never_met_nothing_is_kept(room, alice, dr_bob):
    admission.knock(session=room, by=alice.user, now=NOW)

    admission.end(session=room, by=dr_bob.user, now=NOW)

    assert (room.status, Attendance.objects.count()) == ("ended", 0)


def test_end_twice_is_one_end(live, room, dr_bob):
    admission.end(session=room, by=dr_bob.user, now=NOW + MINUTE)
    admission.end(session=room, by=dr_bob.user, now=NOW + 2 * MINUTE)

    assert (room.ended_at, Attendance.objects.get().ended_at) == (NOW + MINUTE,) * 2


def test_only_the_provider_ends(live, room, alice):
    with pytest.raises(admission.NotYours):
        admission.end(session=room, by=alice.user, now=NOW)


def test_the_end_empties_the_seats(live, room, dr_bob):
    admission.end(session=room, by=dr_bob.user, now=NOW)

    assert list(room.seats.values_list("is_present", "is_connected")) == [(False, False)] * 2


def test_the_whole_visit_is_in_the_audit_trail(live, room, dr_bob):
    admission.end(session=room, by=dr_bob.user, now=NOW)

    assert [a for a in actions() if a.startswith("video")] == [
        "video.checked-in",
        "video.entered",
        "video.entered",
        "video.knocked",
        "video.admitted",
        "video.live",
        "video.ended",
    ]


def test_the_end_leaves_the_appointment_to_the_note(live, room, visit, dr_bob):
    admission.end(session=room, by=dr_bob.user, now=NOW)

    visit.refresh_from_db()
    assert visit.status == Appointment.Status.ARRIVED


def test_nobody_is_admitted_whose_check_in_was_taken_back(room, alice, dr_bob):
    admission.knock(session=room, by=alice.user, now=NOW)

    with pytest.raises(InvalidTransition):
        admission.admit(session=room, by=dr_bob.user, now=NOW)


def test_who_waits_may_cancel_and_the_room_ends(room, visit, alice):
    admission.knock(session=room, by=alice.user, now=NOW)

    booking.cancel(appointment=visit, by=alice.user, now=NOW + MINUTE)

    room.refresh_from_db()
    assert (visit.status, room.status, room.ended_at) == ("cancelled", "ended", NOW + MINUTE)
    assert "video.ended" in actions()


def test_a_visit_is_not_cancelled_once_the_patient_is_let_in(
    room, checked_in, visit, alice, dr_bob
):
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)

    for person in (alice, dr_bob):
        with pytest.raises(booking.TooLate):
            booking.cancel(appointment=visit, by=person.user, now=NOW)

    room.refresh_from_db()
    assert (visit.status, room.status) == ("arrived", "admitted")


def test_where_the_two_never_met_the_visit_has_not_begun(room, checked_in, visit, alice, dr_bob):
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)

    admission.end(session=room, by=dr_bob.user, now=NOW)

    visit.refresh_from_db()
    assert visit.begun_at is None


def test_the_note_of_a_live_visit_cannot_be_signed_however_late(live, room, visit, dr_bob):
    late = visit.ends_at + MINUTE
    visit.refresh_from_db()
    note = notes.open_note(appointment=visit, by=dr_bob.user, now=late)

    with pytest.raises(notes.NotOver):
        notes.sign(note=note, body="We spoke.", by=dr_bob.user, now=late)
    admission.end(session=room, by=dr_bob.user, now=late)
    notes.sign(note=note, body="We spoke.", by=dr_bob.user, now=late)

    assert Charge.objects.get().appointment == visit


def test_the_end_does_not_need_a_check_in(live, room, dr_bob):
    CheckIn.objects.all().delete()

    admission.end(session=room, by=dr_bob.user, now=NOW + MINUTE)

    kept = Attendance.objects.get()
    assert (room.status, kept.patient_state, kept.is_at_home) == ("ended", "IL", False)
