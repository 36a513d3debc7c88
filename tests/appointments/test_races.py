"""Many people at once, as threads against the real database."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db.models import Count
from django.test import Client
from django.urls import reverse

from appointments import booking, changing_series, moving, repeating
from appointments.models import (
    Appointment,
    AppointmentMove,
    AppointmentSeries,
    AvailabilityRule,
    Schedule,
)
from appointments.occurrences import Conflicts
from core.models import Duty
from tests.factories import HOUR, NINE, NOW, make_patient, make_visit
from tests.threads import at_once

CROWD = 64
MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)
LATER = NOW + booking.HOLD

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(deed: Callable[[int], object], *, crowd: int = CROWD) -> Counter[str]:
    """Do the deed in `crowd` threads that start together; count the outcomes by name."""
    return Counter(
        type(outcome).__name__ if isinstance(outcome, Exception) else str(outcome)
        for outcome in at_once(crowd, deed)
    )


def hold(provider, holder, *, starts_at=NINE, now=NOW):
    return booking.hold(provider=provider, starts_at=starts_at, holder=holder, state="IL", now=now)


def test_of_64_who_hold_one_time_one_wins(dr_bob):
    def deed(number):
        return hold(dr_bob, f"h{number}").status

    assert all_at_once(deed) == {"held": 1, "SlotTaken": 63}


def test_of_64_who_post_for_one_time_one_is_sent_on_and_63_are_told(dr_bob):
    def deed(_number):
        choice = {"provider": dr_bob.slug, "starts_at": NINE.isoformat(), "state": "IL"}
        return Client().post(reverse("appointments:create_hold"), choice).status_code

    with time_machine.travel(NOW, tick=False):
        assert all_at_once(deed) == {"302": 1, "409": 63}
    assert Appointment.objects.count() == 1


def test_of_64_whose_times_overlap_without_being_equal_the_visits_do_not(dr_bob):
    def deed(number):
        return hold(dr_bob, f"h{number}", starts_at=NINE + number % 4 * 15 * MINUTE).status

    assert all_at_once(deed) == {"held": 1, "SlotTaken": 63}


def test_of_64_who_want_the_time_of_an_expired_hold_one_wins(dr_bob):
    hold(dr_bob, "earlier")

    def deed(number):
        return hold(dr_bob, f"h{number}", now=LATER).status

    assert all_at_once(deed) == {"held": 1, "SlotTaken": 63}
    assert Appointment.objects.count() == 1


def test_pressing_16_times_at_once_is_one_hold(dr_bob):
    def deed(_number):
        return hold(dr_bob, "h1").id

    outcomes = all_at_once(deed, crowd=16)

    assert list(outcomes.values()) == [16]


def test_16_tabs_of_one_visitor_end_with_one_hold(dr_bob):
    def deed(number):
        return hold(dr_bob, "h1", starts_at=NINE + number % 4 * HOUR).status

    assert all_at_once(deed, crowd=16) == {"held": 16}
    assert Appointment.objects.count() == 1


def test_visitors_who_swap_their_times_do_not_lock_each_other_up(dr_bob, carol):
    hold(dr_bob, "h0")
    hold(carol, "h1")

    def deed(number):
        return hold(carol if number == 0 else dr_bob, f"h{number}").status

    outcomes = all_at_once(deed, crowd=2)

    assert outcomes.total() == outcomes["held"] + outcomes["SlotTaken"]


def test_a_hold_that_ends_while_it_is_confirmed_goes_to_one_of_the_two(dr_bob, alice):
    """The patient's clock says just before the end, the other visitor's the end itself."""
    held = hold(dr_bob, "h1")

    def deed(number):
        if number == 0:
            just_before = LATER - timedelta(microseconds=1)
            return booking.confirm(
                appointment=held, patient=alice, by=alice.user, now=just_before
            ).status
        return hold(dr_bob, "h2", now=LATER).status

    outcome = all_at_once(deed, crowd=2)

    assert outcome in ({"booked": 1, "SlotTaken": 1}, {"held": 1, "HoldExpired": 1})
    assert Appointment.objects.count() == 1


def test_a_hold_renewed_while_somebody_wants_its_time_is_not_lost_twice(dr_bob):
    held = hold(dr_bob, "h1")

    def deed(number):
        if number == 0:
            booking.renew(appointment=held, now=LATER)
            return "renewed"
        return hold(dr_bob, "h2", now=LATER).status

    outcome = all_at_once(deed, crowd=2)

    assert outcome in ({"renewed": 1, "SlotTaken": 1}, {"held": 1, "SlotTaken": 1})
    assert Appointment.objects.count() == 1


def test_confirming_16_times_at_once_is_one_visit(dr_bob, alice):
    held = hold(dr_bob, "h1")

    def deed(_number):
        return booking.confirm(
            appointment=held, patient=alice, by=alice.user, now=NOW + MINUTE
        ).booked_at

    assert all_at_once(deed, crowd=16) == {str(NOW + MINUTE): 16}


def test_a_patient_who_confirms_two_visits_at_one_time_gets_one(dr_bob, carol, alice):
    holds = [hold(dr_bob, "h1"), hold(carol, "h2")]

    def deed(number):
        return booking.confirm(
            appointment=holds[number], patient=alice, by=alice.user, now=NOW + MINUTE
        ).status

    assert all_at_once(deed, crowd=2) == {"booked": 1, "PatientBusy": 1}


def test_a_visit_cancelled_by_both_at_once_is_cancelled_once(dr_bob, practice, alice):
    visit = booking.confirm(
        appointment=hold(dr_bob, "h1"), patient=alice, by=alice.user, now=NOW + MINUTE
    )

    def deed(number):
        by = alice.user if number else dr_bob.user
        mine = Appointment.objects.get(pk=visit.pk)
        booking.cancel(appointment=mine, by=by, now=NOW + 2 * MINUTE)
        return mine.status

    assert all_at_once(deed, crowd=2) == {"cancelled": 1, "InvalidTransition": 1}


def move(visit, starts_at, *, by, version=0):
    mine = Appointment.objects.get(pk=visit.pk)
    moving.move(appointment=mine, starts_at=starts_at, version=version, by=by, now=NOW + MINUTE)
    return mine.starts_at


def test_a_visit_moved_by_both_at_once_to_two_times_is_moved_once(visit, dr_bob, alice):
    def deed(number):
        by = [alice.user, dr_bob.user][number % 2]
        return move(visit, NINE + (1 + number % 2) * HOUR, by=by)

    outcomes = all_at_once(deed, crowd=2)

    assert sorted(outcomes.values()) == [1, 1]
    assert outcomes["Changed"] == 1
    assert Appointment.objects.get().version == 1


def test_of_64_patients_who_move_to_one_time_one_gets_it_and_63_keep_theirs(dr_bob, practice):
    AvailabilityRule.objects.update(from_minute=0, to_minute=1440)
    patients = [make_patient(practice, f"P{number} Doe") for number in range(CROWD)]
    midnight = NINE - 9 * HOUR
    visits = [
        make_visit(dr_bob, one, starts_at=midnight + number % 16 * HOUR + (1 + number // 16) * DAY)
        for number, one in enumerate(patients)
    ]

    def deed(number):
        return move(visits[number], NINE, by=patients[number].user)

    assert all_at_once(deed) == {str(NINE): 1, "SlotTaken": 63}
    assert Appointment.objects.filter(starts_at=NINE).count() == 1
    assert Appointment.objects.filter(version=0).count() == 63


def test_of_64_moves_and_holds_for_40_times_each_time_has_one_winner(dr_bob, practice):
    """Every second person moves a visit there, the others hold; every time is wanted by several."""
    AvailabilityRule.objects.update(from_minute=0, to_minute=1440)
    patients = [make_patient(practice, f"P{number} Doe") for number in range(0, CROWD, 2)]
    visits = [
        make_visit(dr_bob, one, starts_at=NINE + (20 + number) * HOUR)
        for number, one in enumerate(patients)
    ]
    wanted = [NINE - 40 * HOUR + number * HOUR for number in range(40)]

    def deed(number):
        won = 0
        for turn, starts_at in enumerate(wanted):
            try:
                if number % 2:
                    hold(dr_bob, f"h{number}-{turn}", starts_at=starts_at)
                else:
                    visit = visits[number // 2]
                    now = Appointment.objects.get(pk=visit.pk)
                    move(visit, starts_at, by=patients[number // 2].user, version=now.version)
                won += 1
            except booking.SlotTaken:
                pass
        return won

    outcomes = at_once(CROWD, deed)

    assert [each for each in outcomes if isinstance(each, Exception)] == []
    taken = Appointment.objects.filter(starts_at__in=wanted)
    assert taken.count() == len(set(taken.values_list("starts_at", flat=True)))
    assert set(wanted) - set(taken.values_list("starts_at", flat=True)) <= {
        move.from_starts_at for move in AppointmentMove.objects.all()
    }


def test_two_visits_that_want_each_others_time_both_stay(dr_bob, alice, mallory):
    visits = [make_visit(dr_bob, alice), make_visit(dr_bob, mallory, starts_at=NINE + HOUR)]

    def deed(number):
        return move(visits[number], visits[1 - number].starts_at, by=visits[number].patient.user)

    assert all_at_once(deed, crowd=2) == {"SlotTaken": 2}


def test_a_visit_that_is_moved_and_cancelled_at_once_takes_no_time_or_is_told(visit, alice, dr_bob):
    def deed(number):
        if number:
            return move(visit, NINE + HOUR, by=dr_bob.user)
        mine = Appointment.objects.get(pk=visit.pk)
        booking.cancel(appointment=mine, by=alice.user, now=NOW + MINUTE)
        return mine.status

    outcomes = all_at_once(deed, crowd=2)

    assert outcomes["cancelled"] == 1
    assert outcomes - Counter(["cancelled"]) in (
        Counter([str(NINE + HOUR)]),
        Counter(["InvalidTransition"]),
    )


def repeat(visit, *, count=12, by=None, choices=None):
    mine = Appointment.objects.get(pk=visit.pk)
    return repeating.repeat(
        appointment=mine,
        rhythm=repeating.Rhythm(1, count),
        choices=choices or {},
        by=by or visit.provider.user,
        now=NOW + MINUTE,
    )


@pytest.fixture
def thursday(dr_bob, practice):
    """64 patients, each with ten minutes of one Thursday, one after the other from midnight on."""
    AvailabilityRule.objects.update(from_minute=0, to_minute=1440)
    Schedule.objects.update(visit_minutes=10, buffer_after_minutes=0, step_minutes=10)
    starts = [NINE - 9 * HOUR + number * 10 * MINUTE for number in range(CROWD)]
    patients = [make_patient(practice, f"P{number} Doe") for number in range(CROWD)]
    return [
        make_visit(
            dr_bob,
            one,
            starts_at=at,
            ends_at=at + 10 * MINUTE,
            block_ends_at=at + 10 * MINUTE,
        )
        for one, at in zip(patients, starts, strict=True)
    ]


def eleven_weeks(starts_at):
    """The same time on each of the Thursdays that follow, in place of one's own."""
    each = (starts_at + week * WEEK for week in range(1, 12))
    return {str(at.date()): at for at in each}


def test_of_64_who_want_one_time_for_12_weeks_one_gets_all_of_it_and_63_nothing(thursday):
    wanted = eleven_weeks(NINE + 5 * HOUR)

    def deed(number):
        return len(repeat(thursday[number], choices=wanted))

    assert all_at_once(deed) == {"11": 1, "Conflicts": 63}
    assert Appointment.objects.count() == CROWD + 11
    assert Duty.objects.filter(kind="notice.series_booked").count() == 2


def test_of_40_times_for_12_weeks_each_goes_to_one_of_64_and_whole(thursday):
    """Each time is wanted by two to four, who have one more to try: 40 get one, 24 get none."""
    times = [eleven_weeks(NINE + 2 * HOUR + slot * 10 * MINUTE) for slot in range(40)]

    def deed(number):
        for turn in (0, 1):
            try:
                return len(repeat(thursday[number], choices=times[(number + turn) % 40]))
            except Conflicts:
                continue
        return 0

    assert all_at_once(deed) == {"11": 40, "0": 24}
    assert Appointment.objects.count() == CROWD + 40 * 11
    sizes = AppointmentSeries.objects.annotate(size=Count("appointments")).values_list("size")
    assert set(sizes) == {(12,)}


def test_a_patient_who_repeats_with_two_providers_at_one_time_gets_one(dr_bob, carol, alice):
    visits = [make_visit(dr_bob, alice), make_visit(carol, alice, starts_at=NINE + HOUR)]
    later = {str((NINE + week * WEEK).date()): NINE + week * WEEK for week in range(1, 12)}

    def deed(number):
        return len(repeat(visits[number], choices=later if number else {}))

    assert all_at_once(deed, crowd=2) == {"11": 1, "Conflicts": 1}
    assert Appointment.objects.count() == 13


def test_a_series_moved_by_16_at_once_is_moved_once(dr_bob, alice):
    visit = make_visit(dr_bob, alice)
    repeat(visit)

    def deed(number):
        mine = Appointment.objects.get(pk=visit.pk)
        moved = changing_series.move(
            appointment=mine,
            starts_at=NINE + (1 + number % 4) * HOUR,
            version=0,
            scope=changing_series.Scope.ALL,
            choices={},
            by=dr_bob.user,
            now=NOW + 2 * MINUTE,
        )
        return len(moved)

    outcomes = all_at_once(deed, crowd=16)

    assert outcomes["12"] == 1
    assert outcomes == {"12": 1, "1": 3, "Changed": 12}
    assert {visit.version for visit in Appointment.objects.all()} == {1}


def test_a_series_moved_while_others_take_times_of_it_moves_whole_or_not(dr_bob, alice):
    visit = make_visit(dr_bob, alice)
    repeat(visit)

    def deed(number):
        if number:
            start = NINE + HOUR + number % 5 * WEEK
            return hold(dr_bob, f"h{number}", starts_at=start, now=NOW + MINUTE).status
        mine = Appointment.objects.get(pk=visit.pk)
        return len(
            changing_series.move(
                appointment=mine,
                starts_at=NINE + HOUR,
                version=0,
                scope=changing_series.Scope.ALL,
                choices={},
                by=dr_bob.user,
                now=NOW + 2 * MINUTE,
            )
        )

    outcomes = all_at_once(deed, crowd=16)

    moved = Appointment.objects.filter(series__isnull=False, version=1).count()
    assert (moved, outcomes["12"]) in ((12, 1), (0, 0))
    assert outcomes["12"] + outcomes["Conflicts"] == 1
    assert outcomes["held"] + outcomes["SlotTaken"] == 15


def test_64_patients_of_one_provider_book_in_turn_without_an_overlap(dr_bob, practice):
    patients = [make_patient(practice, f"P{number} Doe") for number in range(CROWD)]

    def deed(number):
        start = NINE + number % 8 * HOUR
        held = hold(dr_bob, f"h{number}", starts_at=start)
        patient = patients[number]
        return booking.confirm(
            appointment=held, patient=patient, by=patient.user, now=NOW + MINUTE
        ).status

    assert all_at_once(deed) == {"booked": 8, "SlotTaken": 56}
