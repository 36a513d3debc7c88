"""Of a series one visit, those from it on, or all are moved or called off: each with its notice."""

from datetime import date, datetime, time, timedelta

import pytest
from icalendar import Calendar

from appointments import booking, cancellation, changing_series, indexing, moving, repeating
from appointments.booking import TooLate
from appointments.changing_series import Scope
from appointments.common_time import Obstacle
from appointments.models import (
    Appointment,
    AppointmentMove,
    AvailabilityException,
    FreeInterval,
    InvalidTransition,
)
from appointments.moving import Changed
from appointments.occurrences import Conflicts, NothingLeft
from appointments.repeating import Rhythm
from core import duties
from core.models import AuditEvent, Duty
from tests import factories
from tests.factories import HOUR, NINE, NOW

MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)
LATER = NOW + HOUR


@pytest.fixture
def series(visit, dr_bob):
    """Four Thursdays at nine, the first of which is `visit`."""
    made = repeating.repeat(
        appointment=visit, rhythm=Rhythm(1, 4), choices={}, by=dr_bob.user, now=NOW
    )
    return [visit, *made]


@pytest.fixture
def told(series, mailoutbox):
    """What is told of later: the mail about the booking has gone."""
    duties.sweep(now=NOW)
    mailoutbox.clear()
    return mailoutbox


def cancel(visit, scope, *, by=None, now=LATER):
    by = by or visit.patient.user
    return changing_series.cancel(appointment=visit, scope=scope, by=by, now=now)


def move(
    visit, starts_at, scope=Scope.FOLLOWING, *, choices=None, by=None, version=None, now=LATER
):
    return changing_series.move(
        appointment=visit,
        starts_at=starts_at,
        version=visit.version if version is None else version,
        scope=scope,
        choices=choices or {},
        by=by or visit.provider.user,
        now=now,
    )


def shifts():
    """By how much each of the four is away from its Thursday at nine."""
    starts = Appointment.objects.order_by("starts_at").values_list("starts_at", flat=True)
    return [at - NINE - n * WEEK for n, at in enumerate(starts)]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.THIS, "booked cancelled booked booked"),
        (Scope.FOLLOWING, "booked cancelled cancelled cancelled"),
        (Scope.ALL, "cancelled cancelled cancelled cancelled"),
    ],
)
def test_one_those_from_it_on_or_all_are_called_off(series, scope, expected):
    gone = cancel(series[1], scope)

    assert (
        " ".join(Appointment.objects.order_by("starts_at").values_list("status", flat=True))
        == expected
    )
    assert len(gone) == expected.count("cancelled")
    events = AuditEvent.objects.filter(action="appointment.cancelled")
    assert events.count() == len(gone)


def test_what_is_over_under_way_or_off_already_is_left_alone(series, alice):
    booking.cancel(appointment=series[2], by=alice.user, now=LATER)
    Appointment.objects.filter(pk=series[0].pk).update(status="fulfilled", arrived_at=NINE)

    gone = cancel(series[1], Scope.ALL, now=NINE + HOUR)

    assert {visit.pk for visit in gone} == {series[1].pk, series[3].pk}
    assert Appointment.objects.get(pk=series[2].pk).version == 1


@pytest.mark.parametrize("scope", Scope.values)
def test_what_has_begun_or_is_off_is_refused_with_all_others(series, alice, scope):
    with pytest.raises(TooLate):
        cancel(series[0], scope, now=NINE)
    booking.cancel(appointment=series[1], by=alice.user, now=LATER)

    with pytest.raises(InvalidTransition):
        cancel(series[1], scope)
    assert Appointment.objects.filter(status="cancelled").count() == 1


def test_times_that_are_called_off_are_free_at_once(series, dr_bob, mallory):
    cancel(series[1], Scope.FOLLOWING)

    assert factories.make_visit(dr_bob, mallory, starts_at=NINE + 3 * WEEK)
    shown = set(FreeInterval.objects.values_list("starts_at", "ends_at"))
    Appointment.objects.filter(patient=mallory).delete()
    indexing.rebuild([dr_bob.pk], now=LATER)
    assert shown == set(FreeInterval.objects.values_list("starts_at", "ends_at"))


@pytest.mark.parametrize(
    ("by", "at", "words"),
    [
        ("alice", LATER, "It costs nothing, and there is nothing more to do"),
        ("alice", NINE - HOUR, "At least one was called off late"),
        ("dr_bob", NINE - HOUR, "we had to cancel your appointments"),
    ],
)
def test_one_mail_takes_all_entries_away(series, told, alice, dr_bob, by, at, words):
    cancel(series[0], Scope.ALL, by={"alice": alice, "dr_bob": dr_bob}[by].user, now=at)
    duties.sweep(now=at)

    letters = [m for m in told if m.subject in ("Your appointments are cancelled",)]
    assert (len(letters), letters[0].to) == (1, ["alice@example.com"])
    assert words in " ".join(letters[0].body.split())
    events = Calendar.from_ical(letters[0].attachments[0].content).walk("VEVENT")
    assert [(str(e["UID"]), str(e["STATUS"]), e["SEQUENCE"]) for e in events] == [
        (f"{visit.pk}@127.0.0.1", "CANCELLED", 1) for visit in series
    ]


def test_only_the_one_that_is_near_is_called_off_late(series):
    gone = cancel(series[0], Scope.ALL, now=NINE - HOUR)

    assert [cancellation.is_late(visit) for visit in gone] == [True, False, False, False]


# Moving


@pytest.mark.parametrize(
    ("scope", "expected"),
    [(Scope.THIS, [0, 1, 0, 0]), (Scope.FOLLOWING, [0, 1, 1, 1]), (Scope.ALL, [1, 1, 1, 1])],
)
@pytest.mark.parametrize("shift", [HOUR, 15 * MINUTE, DAY])
def test_one_those_from_it_on_or_all_are_moved_likewise(series, scope, expected, shift):
    moved = move(series[1], series[1].starts_at + shift, scope)

    assert shifts() == [shift * each for each in expected]
    assert len(moved) == sum(expected) == AppointmentMove.objects.count()
    assert AuditEvent.objects.filter(action="appointment.moved").count() == len(moved)


@pytest.mark.parametrize("weeks", [1, -1, 2])
def test_a_series_can_be_moved_onto_its_own_dates(series, weeks):
    """Each goes where another one is still: those in front make room first."""
    start = series[2] if weeks < 0 else series[0]
    scope = Scope.FOLLOWING
    if weeks < 0:
        cancel(series[1], Scope.THIS)

    moved = move(start, start.starts_at + weeks * WEEK, scope)

    assert [visit.starts_at for visit in moved] == [
        each.starts_at + weeks * WEEK for each in series if each.starts_at >= start.starts_at
    ]


def test_the_wall_time_moves_and_not_the_instant(dr_bob, alice):
    before_the_change = datetime(2027, 3, 4, 15, 0, tzinfo=NINE.tzinfo)  # 9:00 in Chicago
    visit = factories.make_visit(dr_bob, alice, starts_at=before_the_change)
    now = before_the_change - DAY
    repeating.repeat(appointment=visit, rhythm=Rhythm(1, 3), choices={}, by=dr_bob.user, now=now)

    moved = move(visit, before_the_change + HOUR, Scope.ALL, now=now)

    assert [each.wall_time for each in moved] == [time(10)] * 3
    assert [each.starts_at.hour for each in moved] == [16, 16, 15]


def test_what_is_in_the_way_is_said_before_and_nothing_is_moved(series, dr_bob, mallory):
    factories.make_visit(dr_bob, mallory, starts_at=NINE + 2 * WEEK + HOUR)
    AvailabilityException.objects.create(provider=dr_bob, on=date(2026, 12, 24))
    Duty.objects.all().delete()

    with pytest.raises(Conflicts) as refused:
        move(series[0], NINE + HOUR, Scope.ALL)

    assert [one.obstacle for one in refused.value.occurrences] == [
        "", "", Obstacle.TAKEN, Obstacle.CLOSED,
    ]  # fmt: skip
    assert not AppointmentMove.objects.exists()
    assert not Duty.objects.exists()


def test_a_date_keeps_its_time_or_gets_another_one(series, dr_bob, mallory):
    factories.make_visit(dr_bob, mallory, starts_at=NINE + 2 * WEEK + HOUR)
    AvailabilityException.objects.create(provider=dr_bob, on=date(2026, 12, 24))
    choices = {str(series[2].pk): NINE + 2 * WEEK + 2 * HOUR, str(series[3].pk): None}

    move(series[0], NINE + HOUR, Scope.ALL, choices=choices)

    hers = Appointment.objects.filter(series__isnull=False).order_by("starts_at")
    assert [visit.starts_at - NINE - n * WEEK for n, visit in enumerate(hers)] == [
        HOUR, HOUR, 2 * HOUR, 0 * HOUR,
    ]  # fmt: skip


def test_a_visit_that_keeps_its_time_is_in_the_way_of_the_others(series):
    with pytest.raises(Conflicts) as refused:
        move(series[0], NINE + WEEK, Scope.ALL, choices={str(series[1].pk): None})

    assert [one.obstacle for one in refused.value.occurrences] == [Obstacle.TAKEN, "", "", ""]


def test_if_each_keeps_its_time_nothing_is_moved(series):
    with pytest.raises(NothingLeft):
        move(series[0], NINE + HOUR, Scope.ALL, choices={str(visit.pk): None for visit in series})


def test_a_series_is_moved_once_though_asked_twice(series):
    move(series[0], NINE + HOUR, Scope.ALL, version=0)
    again = Appointment.objects.get(pk=series[0].pk)

    move(again, NINE + HOUR, Scope.ALL, version=0)

    assert AppointmentMove.objects.count() == 4


def test_who_saw_an_earlier_time_is_told(series):
    moving.move(
        appointment=series[0], starts_at=NINE + HOUR, version=0, by=series[0].provider.user, now=NOW
    )

    with pytest.raises(Changed):
        move(series[0], NINE + 2 * HOUR, Scope.ALL, version=0)


@pytest.mark.parametrize("status", ["cancelled", "over"])
def test_from_a_visit_that_is_off_or_over_nothing_is_moved(series, alice, status):
    if status == "cancelled":
        booking.cancel(appointment=series[0], by=alice.user, now=LATER)
        refusal, now = InvalidTransition, LATER
    else:
        refusal, now = TooLate, NINE

    with pytest.raises(refusal):
        move(series[0], NINE + HOUR, Scope.ALL, now=now)
    assert not AppointmentMove.objects.exists()


@pytest.mark.parametrize(
    ("by", "at", "words"),
    [
        ("alice", LATER, "It costs nothing, and there is nothing more to do"),
        ("alice", NINE - 3 * HOUR, "At least one was moved late"),
        ("dr_bob", NINE - 3 * HOUR, "We have moved your appointments"),
    ],
)
def test_one_mail_tells_from_when_to_when_and_what_it_costs(
    series, told, alice, dr_bob, by, at, words
):
    move(series[0], NINE + HOUR, Scope.ALL, by={"alice": alice, "dr_bob": dr_bob}[by].user, now=at)
    duties.sweep(now=at)

    letters = [m for m in told if m.subject == "Your appointments have other times"]
    assert (len(letters), letters[0].to) == (1, ["alice@example.com"])
    body = " ".join(letters[0].body.replace("\u202f", " ").split())
    assert words in body
    assert (
        "- Thursday, December 10, 2026, 10:00 AM, Central Time (Chicago)"
        " Before: Thursday, December 10, 2026, 9:00 AM, Central Time (Chicago)" in body
    )
    events = Calendar.from_ical(letters[0].attachments[0].content).walk("VEVENT")
    assert [(event.start, event["SEQUENCE"]) for event in events] == [
        (NINE + n * WEEK + HOUR, 1) for n in range(4)
    ]
