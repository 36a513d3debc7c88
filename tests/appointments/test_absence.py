"""A provider who cannot work: what is proposed for her visits, and what is done with them."""

from datetime import date, timedelta

import pytest
import time_machine

from appointments import absence as absences
from appointments import absence_proposals, keeping, moving, repeating
from appointments.absence import Absence, Choice
from appointments.keeping import WouldLieOutside
from appointments.models import Appointment, AvailabilityException, AvailabilityRule, Leave
from appointments.repeating import Rhythm
from core.models import Duty
from tests.appointments.test_desk_booking import close, is_free
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    make_care,
    make_patient,
    make_practice,
    make_provider,
    make_visit,
)

THE_DAY = NINE.date()
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MORNING = (9 * 60, 12 * 60)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def visits(dr_bob, practice):
    """Thursday at nine, eleven, and two in the afternoon."""
    return [
        make_visit(dr_bob, make_patient(practice, f"{name} Doe"), starts_at=NINE + hours * HOUR)
        for name, hours in (("Ann", 0), ("Ben", 2), ("Cat", 5))
    ]


def choose(visit, deed, starts_at=None, provider=None, version=0):
    return Choice(visit.pk, version, deed, starts_at, provider)


def settle(provider, choices, by, *, minutes=None, now=NOW):
    absence = Absence(provider, THE_DAY, minutes)
    results = absences.settle(absence=absence, choices=choices, by=by, now=now)
    return [type(one.refusal).__name__ if one.refusal else "done" for one in results]


def propose(provider, by, *, minutes=None):
    absence = Absence(provider, THE_DAY, minutes)
    found = absences.ahead(absence, by=by, now=NOW)
    return [
        (one.visit, [(str(o.deed), o.starts_at, o.provider) for o in one.options])
        for one in absence_proposals.proposals(absence, found, now=NOW)
    ]


def anew(visit):
    return Appointment.objects.get(pk=visit.pk)


def test_each_visit_gets_what_was_chosen_and_nobody_books_into_the_day(dr_bob, carol, visits, desk):
    ann, ben, cat = visits

    results = settle(
        dr_bob,
        [
            choose(ann, "move", NINE + DAY),
            choose(ben, "replace", NINE + 2 * HOUR, carol),
            choose(cat, "cancel"),
        ],
        desk,
    )

    assert results == ["done", "done", "done"]
    assert (anew(ann).starts_at, anew(ann).status) == (NINE + DAY, "booked")
    assert anew(ben).replaced_by.provider == carol
    assert (anew(cat).status, anew(cat).cancel_reason) == ("cancelled", "prov")
    assert Leave.objects.get().reason == "away"  # which says no more
    assert not is_free(dr_bob, NINE + 3 * HOUR)


def test_what_fails_for_one_holds_up_no_other_and_is_told(dr_bob, visits, desk, mallory):
    ann, ben, cat = visits
    make_visit(dr_bob, mallory, starts_at=NINE + DAY)

    results = settle(
        dr_bob,
        [choose(ann, "move", NINE + DAY), choose(ben, "keep"), choose(cat, "move", NINE + 2 * DAY)],
        desk,
    )

    assert results == ["SlotTaken", "done", "NotOffered"]  # the third is a Saturday
    assert [anew(one).status for one in visits] == ["booked"] * 3

    said = [choose(ann, "cancel"), choose(ben, "keep"), choose(cat, "keep")]
    assert settle(dr_bob, said, desk) == ["done"] * 3
    assert anew(ann).status == "cancelled"


def test_sent_twice_it_is_done_once(dr_bob, carol, visits, desk):
    ann, ben, cat = visits
    said = [
        choose(ann, "move", NINE + DAY),
        choose(ben, "replace", NINE + 2 * HOUR, carol),
        choose(cat, "cancel"),
    ]

    settle(dr_bob, said, desk)
    duties = Duty.objects.count()

    assert settle(dr_bob, said, desk) == ["done"] * 3
    assert Duty.objects.count() == duties
    assert Appointment.objects.filter(status="booked").count() == 2
    assert (Leave.objects.count(), anew(ann).version) == (1, 1)


@pytest.mark.parametrize("deed", ["cancel", "move", "replace"])
def test_who_saw_another_version_is_told(dr_bob, carol, visits, desk, deed):
    ann = visits[0]
    settle(dr_bob, [choose(one, "move", one.starts_at + DAY) for one in visits], desk)

    results = settle(dr_bob, [choose(ann, deed, NINE + 4 * DAY, carol)], desk)

    assert results == ["Changed"]
    assert (anew(ann).starts_at, anew(ann).status) == (NINE + DAY, "booked")


def test_a_visit_nobody_has_seen_stops_all_of_it(dr_bob, visits, desk):
    ann, ben, _cat = visits

    with pytest.raises(WouldLieOutside):
        settle(dr_bob, [choose(ann, "cancel"), choose(ben, "cancel")], desk)

    assert Appointment.objects.filter(status="booked").count() == 3
    assert not Leave.objects.exists()


def test_of_a_part_of_the_day_the_rest_stays_open(dr_bob, visits, desk):
    ann, ben, cat = visits

    settle(dr_bob, [choose(ann, "cancel"), choose(ben, "cancel")], desk, minutes=MORNING)

    assert anew(cat).status == "booked"
    assert [is_free(dr_bob, NINE + hours * HOUR) for hours in (0, 2, 3)] == [False, False, True]
    assert not Leave.objects.exists()
    hours = AvailabilityException.objects.values_list("on", "from_minute", "to_minute")
    assert list(hours) == [(THE_DAY, 12 * 60, 17 * 60)]


@pytest.mark.parametrize(
    ("stated", "minutes", "left"),
    [
        ([], (9 * 60, 17 * 60), [(None, None)]),
        ([], (0, 24 * 60), [(None, None)]),
        ([], (12 * 60, 13 * 60), [(540, 720), (780, 1020)]),
        ([], (18 * 60, 19 * 60), []),  # after work: nothing to enter
        ([(600, 660), (700, 800)], (650, 750), [(600, 650), (750, 800)]),
        ([(None, None)], (650, 750), [(None, None)]),  # closed already
    ],
)
def test_the_hours_of_the_date_are_those_that_are_left(dr_bob, desk, stated, minutes, left):
    for start, end in stated:
        AvailabilityException.objects.create(
            provider=dr_bob, on=THE_DAY, from_minute=start, to_minute=end
        )

    keeping.be_away(provider=dr_bob, on=THE_DAY, minutes=minutes, seen=(), by=desk, now=NOW)
    keeping.be_away(provider=dr_bob, on=THE_DAY, minutes=minutes, seen=(), by=desk, now=NOW)

    rows = AvailabilityException.objects.values_list("from_minute", "to_minute")
    assert sorted(rows, key=str) == sorted(left, key=str)


def test_rules_that_are_not_in_force_that_day_do_not_come_back(dr_bob, desk):
    AvailabilityRule.objects.create(
        provider=dr_bob, weekday=3, from_minute=1100, to_minute=1200, valid_from=date(2027, 1, 1)
    )

    keeping.be_away(provider=dr_bob, on=THE_DAY, minutes=MORNING, seen=(), by=desk, now=NOW)

    assert AvailabilityException.objects.get().to_minute == 17 * 60


def test_who_is_on_leave_that_day_stays_it_once(dr_bob, desk):
    Leave.objects.create(
        provider=dr_bob, first_on=THE_DAY - DAY, last_on=THE_DAY + DAY, reason="vacation"
    )

    assert settle(dr_bob, [], desk) == []

    assert Leave.objects.get().reason == "vacation"


def test_of_a_series_only_the_occurrence_changes(visit, dr_bob, desk, alice):
    rhythm = Rhythm(every_weeks=1, count=4)
    repeating.repeat(appointment=visit, rhythm=rhythm, choices={}, by=alice.user, now=NOW)

    settle(dr_bob, [choose(visit, "cancel")], desk)

    starts = Appointment.objects.filter(status="booked").order_by("starts_at")
    assert [one.starts_at for one in starts] == [NINE + week * WEEK for week in (1, 2, 3)]


def test_near_times_of_hers_come_first_then_colleagues_then_calling_it_off(
    visit, dr_bob, carol, desk
):
    [(_visit, options)] = propose(dr_bob, desk)

    assert [deed for deed, *_ in options] == ["move"] * 3 + ["replace", "cancel", "keep"]
    assert options[0][1] == NINE - 17 * HOUR  # Wednesday at four: closer than Friday at nine
    assert all(at.astimezone(dr_bob.zoneinfo).date() != THE_DAY for _, at, _ in options[:3])
    assert options[3] == ("replace", NINE, carol)


def test_no_two_are_proposed_for_one_time(dr_bob, carol, visits, desk):
    AvailabilityRule.objects.filter(provider=dr_bob).exclude(weekday=3).delete()
    AvailabilityRule.objects.filter(provider=dr_bob).update(to_minute=10 * 60)  # one a week

    found = propose(dr_bob, desk)

    first = [(at, whose) for _, [(_, at, whose), *_] in found]
    assert len(set(first)) == 3
    assert all(at is not None for at, _ in first)


def test_all_that_is_proposed_can_be_had_together(dr_bob, carol, visits, desk):
    chosen = [choose(one, *options[0]) for one, options in propose(dr_bob, desk)]

    assert settle(dr_bob, chosen, desk) == ["done"] * 3


@pytest.mark.parametrize("reason", ["licence", "payers", "closed", "left"])
def test_a_colleague_who_may_not_see_the_patient_is_not_proposed(
    visit, dr_bob, carol, practice, desk, reason
):
    if reason == "licence":
        carol.licences.update(state="WI")
    elif reason == "payers":
        type(carol).objects.filter(pk=carol.pk).update(payers=["Cigna"])
    elif reason == "closed":
        close(carol)
    else:
        carol.user.memberships.all().delete()
        make_provider(make_practice(name="Elsewhere"), "Far Away")

    [(_visit, options)] = propose(dr_bob, desk)

    assert "replace" not in [deed for deed, *_ in options]


def test_a_colleague_who_treats_the_patient_comes_before_one_who_is_free_sooner(
    visit, dr_bob, carol, practice, desk, alice, mallory
):
    dan = make_provider(practice, "Dan Low")
    make_care(alice, dan)
    make_visit(dan, mallory)

    [(_visit, options)] = propose(dr_bob, desk)

    assert [one for deed, _, one in options if deed == "replace"] == [dan, carol]


def test_times_at_which_the_patient_is_elsewhere_are_not_proposed(
    visit, dr_bob, carol, practice, desk, alice
):
    make_visit(make_provider(practice, "Dan Low"), alice, starts_at=NINE - 17 * HOUR)

    [(_visit, options)] = propose(dr_bob, desk)

    assert NINE - 17 * HOUR not in [at for _, at, _ in options]


@pytest.mark.parametrize("count", [1, 3])
def test_proposing_takes_the_same_queries_for_many_as_for_one(
    dr_bob, carol, visits, desk, django_assert_num_queries, count
):
    absence = Absence(dr_bob, THE_DAY)
    found = absences.ahead(absence, by=desk, now=NOW)[:count]

    with django_assert_num_queries(9):
        absence_proposals.proposals(absence, found, now=NOW)


def test_what_is_settled_is_told_apart_from_what_is_open_and_from_what_the_patient_moved(
    dr_bob, carol, visits, desk
):
    ann, ben, cat = visits
    absence = Absence(dr_bob, THE_DAY)
    settle(
        dr_bob,
        [choose(ann, "cancel"), choose(ben, "move", NINE + DAY), choose(cat, "keep")],
        desk,
    )

    assert absences.ahead(absence, by=desk, now=NOW) == [cat]
    assert absences.settled(absence, by=desk) == [ann, ben]


def test_a_visit_that_the_patient_moved_away_herself_is_no_work_of_the_desk(visit, dr_bob, desk):
    moving.move(appointment=visit, starts_at=NINE + DAY, version=0, by=visit.patient.user, now=NOW)

    assert absences.settled(Absence(dr_bob, THE_DAY), by=desk) == []


def test_the_day_is_the_providers_and_ends_with_it(dr_bob, desk):
    absence = Absence(dr_bob, date(2026, 11, 1))  # the clocks go back: 25 hours

    start, end = absence.window

    assert end - start == timedelta(hours=25)
