"""The front desk and everybody else at once, as threads against the real database."""

import pytest

from appointments import booking, desk_booking
from appointments.absence import Absence, Choice, settle
from appointments.booking import HOLD
from appointments.models import Appointment, Leave
from core.models import Duty
from tests.appointments.test_races import MINUTE, all_at_once, hold, move
from tests.factories import HOUR, NINE, NOW, make_member, make_patient, make_visit

pytestmark = pytest.mark.django_db(transaction=True)


def book(patient, provider, by, *, starts_at=NINE, now=NOW):
    return desk_booking.book(
        patient=patient, provider=provider, starts_at=starts_at, state="IL", by=by, now=now
    )


def test_of_a_visitor_who_holds_and_a_desk_that_books_one_gets_the_time(dr_bob, alice, desk):
    def deed(number):
        return book(alice, dr_bob, desk).status if number else hold(dr_bob, "h1").status

    outcomes = all_at_once(deed, crowd=2)

    assert outcomes in ({"held": 1, "SlotTaken": 1}, {"booked": 1, "SlotTaken": 1})
    assert Appointment.objects.count() == 1


def test_the_desk_books_over_a_hold_that_ends_while_it_is_confirmed_and_one_gets_it(
    dr_bob, alice, mallory, desk
):
    held = hold(dr_bob, "h1")

    def deed(number):
        if number:
            return book(mallory, dr_bob, desk, now=NOW + HOLD).patient_id
        return booking.confirm(
            appointment=held, patient=alice, by=alice.user, now=NOW + HOLD - MINUTE
        ).patient_id

    outcomes = all_at_once(deed, crowd=2)

    [winner] = Appointment.objects.values_list("patient_id", flat=True)
    assert outcomes[str(winner)] == 1
    assert outcomes["SlotTaken"] + outcomes["HoldExpired"] == 1


def test_of_16_desks_that_book_one_time_for_16_patients_one_wins(dr_bob, practice):
    patients = [make_patient(practice, f"P{number} Doe") for number in range(16)]
    desks = [make_member(practice, "front-desk", f"d{number}@example.com") for number in range(16)]

    def deed(number):
        return book(patients[number], dr_bob, desks[number]).status

    assert all_at_once(deed, crowd=16) == {"booked": 1, "SlotTaken": 15}


def test_a_patient_booked_with_two_providers_at_once_gets_one(dr_bob, carol, alice, desk):
    def deed(number):
        return book(alice, [dr_bob, carol][number], desk).status

    assert all_at_once(deed, crowd=2) == {"booked": 1, "PatientBusy": 1}


def test_pressed_16_times_at_once_it_is_one_visit_told_once(dr_bob, alice, desk):
    def deed(_number):
        return book(alice, dr_bob, desk).pk

    outcomes = all_at_once(deed, crowd=16)

    assert list(outcomes.values()) == [16]
    assert Duty.objects.filter(kind="notice.confirmation").count() == 2


def test_of_two_desks_that_move_one_visit_to_two_times_one_is_told(visit, desk, practice):
    other = make_member(practice, "practice-admin", "other@example.com")

    def deed(number):
        return move(visit, NINE + (1 + number) * HOUR, by=[desk, other][number])

    outcomes = all_at_once(deed, crowd=2)

    assert (outcomes["Changed"], outcomes.total()) == (1, 2)
    assert Appointment.objects.get().version == 1


def test_an_absence_settled_in_two_tabs_at_once_is_settled_once(
    dr_bob, carol, practice, desk, visit
):
    other = make_visit(dr_bob, make_patient(practice, "Ben Doe"), starts_at=NINE + 2 * HOUR)
    choices = [
        Choice(visit.pk, 0, "replace", NINE, carol),
        Choice(other.pk, 0, "move", NINE + 24 * HOUR),
    ]
    absence = Absence(dr_bob, NINE.date())

    def deed(_number):
        results = settle(absence=absence, choices=choices, by=desk, now=NOW)
        return [one.refusal for one in results]

    assert all_at_once(deed, crowd=8) == {"[None, None]": 8}
    assert Appointment.objects.filter(status="booked").count() == 2
    assert Appointment.objects.get(pk=other.pk).version == 1
    assert Leave.objects.count() == 1
    assert Duty.objects.filter(kind="notice.confirmation").count() == 2
    assert Duty.objects.filter(kind="notice.move").count() == 2


def test_two_tabs_that_choose_differently_leave_one_outcome_each(dr_bob, carol, desk, visit):
    absence = Absence(dr_bob, NINE.date())
    ways = [
        Choice(visit.pk, 0, "cancel"),
        Choice(visit.pk, 0, "replace", NINE, carol),
        Choice(visit.pk, 0, "move", NINE + 24 * HOUR),
    ]

    def deed(number):
        [result] = settle(absence=absence, choices=[ways[number % 3]], by=desk, now=NOW)
        return type(result.refusal).__name__

    outcomes = all_at_once(deed, crowd=9)

    assert outcomes["NoneType"] == 3  # those who chose what was done
    assert (
        outcomes.total()
        == outcomes["NoneType"] + outcomes["Changed"] + outcomes["InvalidTransition"]
    )
    assert Appointment.objects.filter(status="booked").count() <= 1


def test_of_a_visitor_who_holds_a_time_and_an_absence_one_comes_first(dr_bob, desk):
    absence = Absence(dr_bob, NINE.date())

    def deed(number):
        if number:
            return hold(dr_bob, "h1").status
        return str(settle(absence=absence, choices=[], by=desk, now=NOW))

    outcomes = all_at_once(deed, crowd=2)

    assert outcomes in ({"held": 1, "[]": 1}, {"NotOffered": 1, "[]": 1})
    assert not Appointment.objects.exists()


def test_a_hold_confirmed_while_the_absence_is_entered_is_lost_or_seen(dr_bob, alice, desk):
    held = hold(dr_bob, "h1")
    absence = Absence(dr_bob, NINE.date())

    def deed(number):
        if number:
            return booking.confirm(
                appointment=held, patient=alice, by=alice.user, now=NOW + MINUTE
            ).status
        return str(settle(absence=absence, choices=[], by=desk, now=NOW + MINUTE))

    outcomes = all_at_once(deed, crowd=2)

    assert outcomes in ({"booked": 1, "WouldLieOutside": 1}, {"HoldExpired": 1, "[]": 1})
    assert Appointment.objects.count() == Appointment.objects.filter(patient=alice).count()
    assert Leave.objects.count() == outcomes["[]"]
