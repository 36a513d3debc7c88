"""What the database refuses, whoever asks; and which rows the words pick."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts.care_team import CareRelationship
from appointments.models import (
    Appointment,
    AppointmentMove,
    Attendance,
    AvailabilityException,
    AvailabilityRule,
    FreeInterval,
    InvalidTransition,
    Leave,
    Opening,
    Schedule,
)
from core.transactions import violated
from tests.factories import HOUR, NINE, NOW, make_care, make_series, make_visit

MINUTE = timedelta(minutes=1)
HELD = {
    "patient": None,
    "status": "held",
    "booked_at": None,
    "holder": "h1",
    "held_until": NOW + 10 * MINUTE,
}


def refusal(write) -> str:
    """Return the name of the constraint that refuses what `write` writes."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        write()
    return violated(refused.value)


@pytest.mark.parametrize("status", ["held", "booked", "arrived", "fulfilled"])
def test_a_provider_cannot_have_two_visits_at_once(visit, dr_bob, mallory, status):
    booked = {"patient": mallory, "status": status, "arrived_at": NINE}
    fields = HELD if status == "held" else booked

    clash = refusal(lambda: make_visit(dr_bob, starts_at=NINE + 30 * MINUTE, **fields))

    assert clash == "appointment_provider_once"


def test_a_buffer_is_the_providers_time(visit, dr_bob, mallory):
    clash = refusal(lambda: make_visit(dr_bob, mallory, starts_at=NINE + 55 * MINUTE))

    assert clash == "appointment_provider_once"


def test_a_patient_cannot_be_in_two_visits_at_once(visit, carol, alice):
    assert refusal(lambda: make_visit(carol, alice)) == "appointment_patient_once"


@pytest.mark.parametrize("status", ["cancelled", "noshow"])
def test_a_visit_that_does_not_take_place_takes_no_time(dr_bob, alice, mallory, status):
    cancelled_at = NOW if status == "cancelled" else None
    make_visit(dr_bob, alice, status=status, cancelled_at=cancelled_at)

    assert make_visit(dr_bob, mallory).status == "booked"


def test_one_holder_holds_one_time(dr_bob, carol):
    make_visit(dr_bob, **HELD)

    assert refusal(lambda: make_visit(carol, **HELD)) == "appointment_hold_once"


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "proposed"}, "appointment_status_known"),
        ({"ends_at": NINE}, "appointment_times_in_order"),
        ({"block_starts_at": NINE + MINUTE}, "appointment_times_in_order"),
        ({"block_ends_at": NINE + MINUTE}, "appointment_times_in_order"),
        ({"holder": "h1"}, "appointment_held_or_has_patient"),
        ({"held_until": NOW}, "appointment_held_or_has_patient"),
        ({"patient": None}, "appointment_held_or_has_patient"),
        ({**HELD, "holder": ""}, "appointment_held_or_has_patient"),
        ({**HELD, "held_until": None}, "appointment_held_or_has_patient"),
        ({**HELD, "booked_at": NOW}, "appointment_booked_at_unless_held"),
        ({"booked_at": None}, "appointment_booked_at_unless_held"),
        ({"noshow_at": NOW}, "appointment_noshow_at_by_iff_noshow"),
        ({"status": "noshow", "noshow_at": None}, "appointment_noshow_at_by_iff_noshow"),
        ({"status": "noshow", "noshow_by": None}, "appointment_noshow_at_by_iff_noshow"),
        ({"cancellation_reason": "failed"}, "appointment_cancellation_reason_known"),
        (
            {"status": "cancelled", "cancelled_at": NOW, "cancellation_reason": "rain"},
            "appointment_cancellation_reason_known",
        ),
        ({"cancelled_at": NOW}, "appointment_cancelled_at_by_iff_cancelled"),
        ({"status": "cancelled"}, "appointment_cancelled_at_by_iff_cancelled"),
        (
            {"status": "cancelled", "cancelled_at": NOW, "cancelled_by": None},
            "appointment_cancelled_at_by_iff_cancelled",
        ),
        ({"status": "arrived"}, "appointment_arrived_before_fulfilled"),
        ({"status": "fulfilled"}, "appointment_arrived_before_fulfilled"),
        ({"begun_at": NOW}, "appointment_begun_has_arrived"),
    ],
)
def test_a_visit_that_cannot_be_is_refused(dr_bob, alice, fields, constraint):
    values = {"patient": alice} | fields

    assert refusal(lambda: make_visit(dr_bob, **values)) == constraint


def test_a_visit_does_not_replace_itself_and_two_do_not_replace_one(visit, carol, alice):
    make_visit(carol, alice, starts_at=NINE + 3 * HOUR, replaces=visit)

    def again():
        make_visit(carol, alice, starts_at=NINE + 5 * HOUR, replaces=visit)

    def itself():
        Appointment.objects.filter(pk=visit.pk).update(replaces=visit)

    assert refusal(again) == "appointments_appointment_replaces_id_key"
    assert refusal(itself) == "appointment_replaces_another"


def test_nobody_has_booked_what_is_held(dr_bob):
    refused = refusal(lambda: make_visit(dr_bob, **HELD, booked_by=dr_bob.user))

    assert refused == "appointment_booked_by_unless_held"


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"weekday": 7}, "rule_weekday_known"),
        ({"from_minute": 60}, "rule_ends_after_start"),
        ({"to_minute": 1441}, "rule_ends_after_start"),
        (
            {"valid_from": date(2026, 1, 2), "valid_until": date(2026, 1, 1)},
            "rule_valid_in_order",
        ),
    ],
)
def test_hours_that_cannot_be_are_refused(dr_bob, fields, constraint):
    values = {"provider": dr_bob, "weekday": 0, "from_minute": 0, "to_minute": 60} | fields

    assert refusal(lambda: AvailabilityRule.objects.create(**values)) == constraint


@pytest.mark.parametrize(
    ("from_minute", "to_minute"), [(60, 60), (0, 1441), (60, None), (None, 60)]
)
def test_an_exception_is_closed_or_in_order(dr_bob, from_minute, to_minute):
    def write():
        AvailabilityException.objects.create(
            provider=dr_bob, on=NINE.date(), from_minute=from_minute, to_minute=to_minute
        )

    assert refusal(write) == "exception_closed_or_in_order"


@pytest.mark.parametrize("field", ["visit_minutes", "step_minutes"])
def test_a_visit_lasts_and_a_step_goes_on(dr_bob, field):
    assert refusal(lambda: Schedule.objects.update(**{field: 0})) == "schedule_minutes_positive"


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"horizon_days": 0}, "schedule_horizon_within_a_year"),
        ({"horizon_days": 366}, "schedule_horizon_within_a_year"),
        ({"visits_a_day": 0}, "schedule_visits_a_day_positive"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(dr_bob, fields, constraint):
    assert refusal(lambda: Schedule.objects.update(**fields)) == constraint


MAY = {"valid_from": date(2027, 5, 1), "valid_until": date(2027, 5, 31)}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"from_minute": 16 * 60 + 59, "to_minute": 18 * 60},
        {"from_minute": 8 * 60, "to_minute": 9 * 60 + 1},
        MAY,
        {"valid_until": date(2020, 1, 1)},
    ],
)
def test_an_hour_of_a_weekday_is_stated_once(dr_bob, fields):
    """Dr. Bob works on Mondays from 9 to 17, without an end."""
    ordinary = {"weekday": 0, "from_minute": 9 * 60, "to_minute": 17 * 60}

    def write():
        AvailabilityRule.objects.create(provider=dr_bob, **ordinary | fields)

    assert refusal(write) == "rule_hours_once"


def test_hours_may_touch_and_differ_by_weekday_dates_and_provider(dr_bob, carol):
    AvailabilityRule.objects.all().delete()
    until, since = {"valid_until": date(2027, 5, 31)}, {"valid_from": date(2027, 6, 1)}

    for provider, weekday, start, dates in [
        (dr_bob, 0, 540, until),
        (dr_bob, 0, 540, since),
        (dr_bob, 0, 600, {}),
        (dr_bob, 1, 540, {}),
        (carol, 0, 540, {}),
    ]:
        AvailabilityRule.objects.create(
            provider=provider, weekday=weekday, from_minute=start, to_minute=start + 60, **dates
        )

    assert AvailabilityRule.objects.count() == 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((None, None), (None, None)),
        ((None, None), (540, 600)),
        ((540, 600), (None, None)),
        ((540, 600), (599, 660)),
    ],
)
def test_a_date_is_closed_or_has_hours_that_lie_apart(dr_bob, one, other):
    def write(times):
        AvailabilityException.objects.create(
            provider=dr_bob, on=NINE.date(), from_minute=times[0], to_minute=times[1]
        )

    write(one)

    assert refusal(lambda: write(other)) == "exception_hours_once"


@pytest.mark.parametrize(
    ("first", "last", "reason", "constraint"),
    [
        (10, 9, "away", "leave_days_in_order"),
        (10, 12, "ill", "leave_reason_known"),
        (5, 7, "away", "leave_once"),
        (7, 7, "away", "leave_once"),
    ],
)
def test_leave_that_cannot_be_is_refused(dr_bob, first, last, reason, constraint):
    """Dr. Bob is away from the fourth to the seventh."""

    def write(first, last, reason):
        days = {"first_on": date(2027, 5, first), "last_on": date(2027, 5, last)}
        Leave.objects.create(provider=dr_bob, reason=reason, **days)

    write(4, 7, "vacation")

    assert refusal(lambda: write(first, last, reason)) == constraint


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"ended_at": NINE - MINUTE}, "attendance_times_in_order"),
        ({"modality": "fax"}, "attendance_modality_known"),
    ],
)
def test_an_attendance_that_cannot_be_is_refused(visit, fields, constraint):
    values = {
        "appointment": visit,
        "started_at": NINE,
        "ended_at": NINE + HOUR,
        "modality": "video",
        "patient_state": "IL",
        "is_at_home": True,
    }

    assert refusal(lambda: Attendance.objects.create(**values | fields)) == constraint


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"to_starts_at": NINE}, "appointment_move_changes"),
        ({"moved_at": NINE}, "appointment_move_before_start"),
        ({"to_starts_at": NOW - MINUTE}, "appointment_move_before_start"),
        ({"version": 1}, "appointment_move_once_a_version"),
    ],
)
def test_a_move_that_cannot_be_is_refused(visit, dr_bob, fields, constraint):
    values = {
        "appointment": visit,
        "version": 2,
        "from_starts_at": NINE,
        "to_starts_at": NINE + HOUR,
        "moved_at": NOW,
        "moved_by": dr_bob.user,
    }
    AppointmentMove.objects.create(**values | {"version": 1})

    assert refusal(lambda: AppointmentMove.objects.create(**values | fields)) == constraint


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"every_weeks": 0}, "series_every_one_to_twelve_weeks"),
        ({"every_weeks": 13}, "series_every_one_to_twelve_weeks"),
        ({"count": 1}, "series_two_to_53_dates"),
        ({"count": 54}, "series_two_to_53_dates"),
    ],
)
def test_a_series_that_cannot_be_is_refused(dr_bob, alice, fields, constraint):
    assert refusal(lambda: make_series(dr_bob, alice, **fields)) == constraint


def test_no_transition_but_those_of_the_table_is_possible(visit):
    """From every status to every status, against the table that the picture is drawn from."""
    patient = visit.patient
    possible = {
        (start, end)
        for start in Appointment.Status
        for end in Appointment.Status
        if can_go(visit, patient, start, end)
    }

    assert possible == {
        ("held", "booked"),
        ("booked", "arrived"),
        ("booked", "noshow"),
        ("booked", "cancelled"),
        ("arrived", "fulfilled"),
        ("arrived", "cancelled"),
        ("noshow", "booked"),
    }


def can_go(visit, patient, start, end) -> bool:
    fields = {"status": start, "arrived_at": NINE, "booked_at": NOW}
    fields |= {"cancelled_at": None, "cancelled_by": None, "noshow_at": None, "noshow_by": None}
    if start == "held":
        fields |= {"holder": "h1", "held_until": NOW, "booked_at": None, "patient": None}
    else:
        fields |= {"holder": "", "held_until": None, "patient": patient}
    if start == "cancelled":
        fields |= {"cancelled_at": NOW, "cancelled_by": patient.user}
    if start == "noshow":
        fields |= {"noshow_at": NOW, "noshow_by": patient.user}
    Appointment.objects.filter(pk=visit.pk).update(**fields)
    try:
        visit._enter(end)
    except InvalidTransition:
        return False
    return True


def test_a_hold_is_seen_by_nobody_who_takes_part(dr_bob):
    make_visit(dr_bob, **HELD)

    assert not Appointment.objects.visible_to(dr_bob.user).exists()


def test_a_visit_is_seen_by_the_two_who_take_part(visit, alice, dr_bob, mallory, carol):
    seen = [
        Appointment.objects.visible_to(person.user).filter(pk=visit.pk).exists()
        for person in (alice, dr_bob, mallory, carol)
    ]

    assert seen == [True, True, False, False]


def test_a_day_is_a_day_of_its_zone(dr_bob, alice):
    late = make_visit(dr_bob, alice, starts_at=datetime(2026, 12, 4, 5, 0, tzinfo=UTC))
    zone = ZoneInfo("America/Chicago")

    assert list(Appointment.objects.on_day(date(2026, 12, 3), zone)) == [late]
    assert list(Appointment.objects.on_day(date(2026, 12, 4), zone)) == []


def test_upcoming_and_past_share_all_visits_between_them(dr_bob, alice):
    now = NINE + 20 * MINUTE
    running = make_visit(dr_bob, alice)
    later = make_visit(dr_bob, alice, starts_at=NINE + 48 * HOUR)
    off = make_visit(
        dr_bob, alice, starts_at=NINE + 24 * HOUR, status="cancelled", cancelled_at=NOW
    )
    over = make_visit(dr_bob, alice, starts_at=NINE - 24 * HOUR)

    assert list(Appointment.objects.upcoming(now=now)) == [running, later]
    assert list(Appointment.objects.past(now=now)) == [off, over]


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"starts_at": NINE + HOUR}, "free_interval_in_order"),
        ({"step_minutes": 0}, "free_interval_step_positive"),
        ({}, "free_interval_once"),
    ],
)
def test_an_interval_of_the_index_is_whole_and_there_once(dr_bob, fields, constraint):
    values = {"starts_at": NINE, "ends_at": NINE + HOUR, "step_minutes": 15} | fields
    FreeInterval.objects.all().delete()
    if constraint == "free_interval_once":
        FreeInterval.objects.create(provider=dr_bob, **values)

    assert refusal(lambda: FreeInterval.objects.create(provider=dr_bob, **values)) == constraint


def test_a_provider_has_one_opening_a_state(dr_bob):
    values = {"state": "IL", "starts_at": NINE, "load": 0, "shuffle": 0}

    refused = refusal(lambda: Opening.objects.create(provider=dr_bob, **values))

    assert refused == "opening_once_a_state"


def test_a_log_line_about_a_visit_holds_no_name(visit, dr_bob, alice):
    series = make_series(dr_bob, alice)
    move = AppointmentMove(pk=7, appointment=visit)

    assert [str(row) for row in (visit, series, move)] == [
        f"appointment {visit.id} booked",
        f"series {series.id}",
        f"move 7 of appointment {visit.id}",
    ]


def test_a_hold_is_nobodys_visit_yet(dr_bob, alice):
    make_care(alice, dr_bob)
    make_visit(dr_bob, alice, **{name: HELD[name] for name in HELD if name != "patient"})

    for person in (alice.user, dr_bob.user):
        assert list(Appointment.objects.visible_to(person)) == []
        assert list(Appointment.objects.in_calendar_of(person)) == []


def test_a_calendar_keeps_the_time_when_care_has_ended_and_opens_nothing(dr_bob, alice, mallory):
    hers, others = make_visit(dr_bob, alice), make_visit(dr_bob, mallory, starts_at=NINE + HOUR)
    CareRelationship.objects.filter(patient=alice).update(ends_at=NOW, end_reason="completed")

    with time_machine.travel(NOW, tick=False):
        times = Appointment.objects.in_calendar_of(dr_bob.user)

        assert {visit: visit.is_open_to_me for visit in times} == {hers: False, others: True}
