"""A booked visit gets another time: the rules. Races: test_races; pages: test_move_views."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from appointments import booking, cancellation, indexing, moving
from appointments.booking import NotLicensed, NotOffered, PatientBusy, SlotTaken, TooLate
from appointments.models import (
    Appointment,
    AppointmentMove,
    AvailabilityException,
    FreeInterval,
    InvalidTransition,
)
from appointments.moving import Changed
from core.models import AuditEvent, Duty
from sessions import join_links
from sessions.models import JoinLink
from tests import factories
from tests.factories import HOUR, NINE, NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def move(visit, starts_at, *, by=None, version=None, now=NOW):
    return moving.move(
        appointment=visit,
        starts_at=starts_at,
        version=visit.version if version is None else version,
        by=by or visit.patient.user,
        now=now,
    )


def anew(visit):
    return Appointment.objects.get(pk=visit.pk)


def test_a_moved_visit_is_the_same_visit_at_another_time(visit):
    move(visit, NINE + 2 * HOUR)

    moved = Appointment.objects.get()
    assert (moved.id, moved.status, moved.version) == (visit.id, "booked", 1)
    assert (moved.starts_at, moved.ends_at) == (NINE + 2 * HOUR, NINE + 2 * HOUR + 50 * MINUTE)
    assert (moved.block_starts_at, moved.block_ends_at) == (NINE + 2 * HOUR, NINE + 3 * HOUR)
    assert (str(moved.wall_date), str(moved.wall_time), moved.zone) == (
        "2026-12-03", "11:00:00", "America/Chicago",
    )  # fmt: skip


def test_the_new_time_is_reminded_of(visit):
    move(visit, NINE + 7 * DAY, by=visit.provider.user)

    planned = Duty.objects.filter(kind="notice.reminder-days").values_list("payload", "due_at")
    assert [(told["version"], at) for told, at in planned] == [(1, NINE + 5 * DAY)]


def test_the_former_time_is_free_at_once_and_the_new_one_is_not(visit, dr_bob, mallory):
    move(visit, NINE + HOUR)

    assert factories.make_visit(dr_bob, mallory).starts_at == NINE
    with pytest.raises(SlotTaken):
        booking.hold(provider=dr_bob, starts_at=NINE + HOUR, holder="h1", state="IL", now=NOW)


@pytest.mark.parametrize("minutes", [15, 30, -15])
def test_a_visit_can_be_moved_onto_a_part_of_its_own_time(visit, minutes):
    at_ten = move(visit, NINE + HOUR)

    moved = move(at_ten, NINE + HOUR + minutes * MINUTE)

    assert anew(moved).starts_at == NINE + HOUR + minutes * MINUTE


def test_the_fee_stays_the_one_that_was_shown_when_it_was_booked(visit, dr_bob):
    dr_bob.fee_cents = 20000
    dr_bob.save()

    assert move(visit, NINE + HOUR).fee_cents == 15000


def test_the_index_of_free_time_is_right_when_the_move_is_done(visit, dr_bob):
    indexing.rebuild([dr_bob.pk], now=NOW)

    move(visit, NINE + 3 * HOUR)

    shown = set(FreeInterval.objects.values_list("starts_at", "ends_at"))
    indexing.rebuild([dr_bob.pk], now=NOW)
    assert shown == set(FreeInterval.objects.values_list("starts_at", "ends_at"))


def test_moving_twice_to_one_time_is_moving_once(visit):
    move(visit, NINE + HOUR, version=0)
    move(visit, NINE + HOUR, version=0)

    assert anew(visit).version == 1
    assert AppointmentMove.objects.count() == 1
    assert Duty.objects.filter(kind="notice.move").count() == 2  # one for each of the two


def test_who_saw_an_earlier_time_is_told_that_it_was_moved(visit):
    move(visit, NINE + HOUR, version=0)

    with pytest.raises(Changed):
        move(visit, NINE + 2 * HOUR, version=0)
    assert anew(visit).starts_at == NINE + HOUR


def test_a_taken_time_leaves_the_visit_where_it_was(visit, dr_bob, mallory):
    factories.make_visit(dr_bob, mallory, starts_at=NINE + HOUR)

    with pytest.raises(SlotTaken):
        move(visit, NINE + 30 * MINUTE)

    assert (anew(visit).starts_at, anew(visit).version) == (NINE, 0)
    assert not AppointmentMove.objects.exists()
    assert not AuditEvent.objects.filter(action="appointment.moved").exists()
    assert not Duty.objects.exists()


def test_a_held_time_is_taken_until_the_hold_is_over(visit, dr_bob):
    booking.hold(provider=dr_bob, starts_at=NINE + HOUR, holder="h1", state="IL", now=NOW)

    with pytest.raises(SlotTaken):
        move(visit, NINE + HOUR)
    assert move(visit, NINE + HOUR, now=NOW + booking.HOLD).starts_at == NINE + HOUR
    assert Appointment.objects.count() == 1  # the hold has made room


def test_a_time_at_which_the_patient_sees_somebody_else_is_refused(visit, carol, alice):
    factories.make_visit(carol, alice, starts_at=NINE + HOUR)

    with pytest.raises(PatientBusy):
        move(visit, NINE + HOUR)
    assert anew(visit).starts_at == NINE


@pytest.mark.parametrize(
    "starts_at",
    [
        NINE - HOUR,  # before the hours
        NINE + 5 * MINUTE,  # beside the grid
        NOW + 2 * HOUR - 15 * MINUTE,  # sooner than the lead time
        NINE + 43 * DAY,  # beyond the horizon
    ],
)
def test_a_time_outside_the_offer_is_refused(visit, starts_at):
    with pytest.raises(NotOffered):
        move(visit, starts_at)


def test_a_patient_moves_a_visit_far_ahead_within_the_week_around_it(dr_bob, alice):
    visit = factories.make_visit(dr_bob, alice, starts_at=NINE + 140 * DAY)

    with pytest.raises(NotOffered):
        move(visit, visit.starts_at + 11 * DAY)
    assert move(visit, visit.starts_at + 5 * DAY).version == 1


def test_the_provider_moves_a_visit_as_far_as_a_year_ahead(visit, dr_bob):
    with pytest.raises(NotOffered):
        move(visit, NINE + 371 * DAY, by=dr_bob.user)
    assert move(visit, NINE + 357 * DAY, by=dr_bob.user).version == 1


def test_leave_is_no_time_to_move_to(visit, dr_bob):
    AvailabilityException.objects.create(provider=dr_bob, on=date(2026, 12, 4))

    with pytest.raises(NotOffered):
        move(visit, NINE + DAY)


def test_a_day_after_the_licence_has_ended_is_refused(visit, dr_bob):
    dr_bob.licences.update(valid_until=date(2026, 12, 3))

    with pytest.raises(NotLicensed):
        move(visit, NINE + DAY)


def test_who_takes_nobody_new_still_moves_the_visits_there_are(visit, dr_bob):
    dr_bob.is_accepting = False
    dr_bob.save()

    assert move(visit, NINE + HOUR).starts_at == NINE + HOUR


def test_nobody_is_moved_to_a_provider_who_has_left(visit, dr_bob):
    dr_bob.user.is_active = False
    dr_bob.user.save()

    with pytest.raises(NotOffered):
        move(visit, NINE + HOUR)
    assert (
        moving.starts(visit, since=NOW, until=NINE + 7 * DAY, by=visit.patient.user, now=NOW) == []
    )
    assert moving.nearest(visit, NINE, count=6, by=visit.patient.user, now=NOW) == []


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"status": "cancelled", "cancelled_at": NOW}, InvalidTransition),
        ({"status": "arrived", "arrived_at": NOW}, InvalidTransition),
        ({"status": "noshow"}, InvalidTransition),
        ({"status": "arrived", "arrived_at": NOW, "begun_at": NOW}, TooLate),
        ({"starts_at": NOW}, TooLate),
    ],
)
def test_only_what_is_booked_and_not_begun_is_moved(dr_bob, alice, fields, refusal):
    visit = factories.make_visit(dr_bob, alice, **fields)

    with pytest.raises(refusal):
        move(visit, NINE + HOUR)
    assert anew(visit).version == 0


def test_the_trail_says_who_moved_it_and_the_move_says_from_when_to_when(visit, dr_bob):
    move(visit, NINE + HOUR, by=dr_bob.user, now=NOW + MINUTE)

    event = AuditEvent.objects.get(action="appointment.moved")
    assert (event.subject_id, event.by_id, event.patient_id) == (
        str(visit.pk), dr_bob.user.pk, visit.patient_id,
    )  # fmt: skip
    made = AppointmentMove.objects.get()
    assert (made.from_starts_at, made.to_starts_at) == (NINE, NINE + HOUR)
    assert (made.moved_at, made.moved_by, made.version) == (NOW + MINUTE, dr_bob.user, 1)


def test_the_history_of_a_visit_cannot_be_rewritten(visit):
    move(visit, NINE + HOUR)

    for change in (
        lambda: AppointmentMove.objects.update(moved_at=NOW - DAY),
        lambda: AppointmentMove.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("by", "at", "is_late"),
    [
        ("alice", NINE - 24 * HOUR - MINUTE, False),
        ("alice", NINE - 24 * HOUR, True),
        ("dr_bob", NINE - HOUR * 3, False),
    ],
)
def test_moving_late_is_what_cancelling_late_is(visit, alice, dr_bob, by, at, is_late):
    who = {"alice": alice, "dr_bob": dr_bob}[by]
    move(visit, NINE + DAY, by=who.user, now=at)

    assert cancellation.is_moved_late(AppointmentMove.objects.get()) == is_late


def test_a_late_move_is_not_undone_by_moving_on_or_calling_off(visit, alice):
    move(visit, NINE + DAY, now=NINE - 3 * HOUR)
    move(visit, NINE + 7 * DAY, now=NINE - 2 * HOUR)
    booking.cancel(appointment=visit, by=alice.user, now=NINE)

    late = [cancellation.is_moved_late(each) for each in AppointmentMove.objects.all()]
    assert (late, cancellation.is_late(anew(visit))) == ([True, False], False)


def test_whom_the_practice_has_moved_may_call_off_until_it_begins(visit, alice, dr_bob):
    move(visit, NINE + HOUR, by=dr_bob.user, now=NINE - 5 * HOUR)
    assert cancellation.is_free(visit, now=NINE)

    booking.cancel(appointment=visit, by=alice.user, now=NINE)

    assert not cancellation.is_late(anew(visit))


def test_a_link_that_is_out_leads_nowhere_and_another_is_planned(visit):
    join_links.make(appointment=visit, now=NOW)

    move(visit, NINE + HOUR)

    assert not JoinLink.objects.open().exists()
    letter = Duty.objects.get(kind="notice.join")
    assert (letter.payload["version"], letter.due_at) == (1, NINE)


def test_the_times_to_choose_from_are_those_that_can_be_had(visit, dr_bob, carol, alice, mallory):
    factories.make_visit(dr_bob, mallory, starts_at=NINE + 2 * HOUR)
    factories.make_visit(carol, alice, starts_at=NINE + 4 * HOUR)

    found = moving.starts(visit, since=NINE, until=NINE + 8 * HOUR, by=alice.user, now=NOW)

    quarters = [(at - NINE) // (15 * MINUTE) for at in found]
    assert quarters == [1, 2, 3, 4, 12, 20, 21, 22, 23, 24, 25, 26, 27, 28]
    for at in found:
        moved = move(visit, at)
        move(moved, NINE)


def test_the_nearest_times_come_in_the_order_of_the_clock(visit):
    found = moving.nearest(visit, NINE + HOUR, count=3, by=visit.patient.user, now=NOW)

    assert found == [NINE + 45 * MINUTE, NINE + HOUR, NINE + 75 * MINUTE]
