"""The rules of holding, confirming and cancelling; the races are in test_races."""

from datetime import date, timedelta

import pytest

from accounts.models import User
from appointments import booking
from appointments.booking import (
    HoldExpired,
    NotLicensed,
    NotOffered,
    PatientBusy,
    SlotTaken,
    TooLate,
)
from appointments.models import Appointment, InvalidTransition, Schedule
from appointments.signals import appointment_booked
from core.models import AuditEvent, Duty
from tests import factories
from tests.factories import HOUR, NINE, NOW

MINUTE = timedelta(minutes=1)
LATER = NOW + booking.HOLD  # the first moment at which a hold made at NOW is over


def hold(provider, *, starts_at=NINE, holder="h1", state="IL", now=NOW):
    return booking.hold(provider=provider, starts_at=starts_at, holder=holder, state=state, now=now)


def confirm(held, patient, *, now=NOW + MINUTE):
    return booking.confirm(appointment=held, patient=patient, by=patient.user, now=now)


def test_a_hold_keeps_the_visit_with_its_buffers_for_ten_minutes(dr_bob):
    held = hold(dr_bob)

    held.refresh_from_db()
    assert {
        "status": held.status,
        "times": (held.starts_at, held.ends_at, held.block_starts_at, held.block_ends_at),
        "until": held.held_until,
        "for": (held.holder, held.patient_state, held.fee_cents),
    } == {
        "status": "held",
        "times": (NINE, NINE + 50 * MINUTE, NINE, NINE + HOUR),
        "until": NOW + 10 * MINUTE,
        "for": ("h1", "IL", 15000),
    }


def test_a_held_time_is_taken_for_others(dr_bob):
    hold(dr_bob)

    with pytest.raises(SlotTaken):
        hold(dr_bob, holder="h2")


def test_a_time_whose_buffer_meets_a_visit_is_taken(dr_bob):
    hold(dr_bob, starts_at=NINE + 15 * MINUTE)

    with pytest.raises(SlotTaken):
        hold(dr_bob, holder="h2")


def test_the_next_time_after_a_hold_is_free(dr_bob):
    hold(dr_bob)

    assert hold(dr_bob, starts_at=NINE + HOUR, holder="h2").starts_at == NINE + HOUR


def test_two_providers_can_be_held_at_one_time(dr_bob, carol):
    hold(dr_bob)

    assert hold(carol, holder="h2").starts_at == NINE


def test_holding_twice_is_one_hold(dr_bob):
    first = hold(dr_bob)

    second = hold(dr_bob, now=NOW + MINUTE)

    assert (second.id, second.held_until) == (first.id, first.held_until)


def test_holding_again_in_another_state_moves_the_hold(dr_bob):
    factories.make_licence(dr_bob, state="WI")
    hold(dr_bob)

    hold(dr_bob, state="WI")

    assert list(Appointment.objects.values_list("patient_state")) == [("WI",)]


def test_choosing_another_time_lets_go_of_the_first(dr_bob):
    hold(dr_bob)

    hold(dr_bob, starts_at=NINE + 30 * MINUTE)  # its time meets that of the first

    assert list(Appointment.objects.values_list("starts_at")) == [(NINE + 30 * MINUTE,)]


def test_choosing_another_provider_lets_go_of_the_first(dr_bob, carol):
    hold(dr_bob)

    hold(carol)

    assert list(Appointment.objects.values_list("provider")) == [(carol.pk,)]


def test_a_refused_choice_keeps_the_former_hold(dr_bob, carol):
    hold(carol, holder="h2")
    hold(dr_bob)

    with pytest.raises(SlotTaken):
        hold(carol)

    assert Appointment.objects.held_by("h1").get().provider == dr_bob


def test_a_hold_is_over_after_ten_minutes_and_not_before(dr_bob):
    hold(dr_bob)

    with pytest.raises(SlotTaken):
        hold(dr_bob, holder="h2", now=LATER - MINUTE)
    assert hold(dr_bob, holder="h2", now=LATER).holder == "h2"


def test_taking_the_time_of_an_expired_hold_removes_it(dr_bob):
    hold(dr_bob)

    hold(dr_bob, holder="h2", now=LATER)

    assert list(Appointment.objects.values_list("holder")) == [("h2",)]


@pytest.mark.parametrize(
    "starts_at",
    [
        NINE - HOUR,  # before the hours
        NINE + 5 * MINUTE,  # beside the grid
        NINE + 8 * HOUR - 45 * MINUTE,  # would end after the hours
        NOW + 2 * HOUR - 15 * MINUTE,  # sooner than the lead time
        NINE + timedelta(days=42),  # beyond the horizon
        NINE - timedelta(days=7),  # over
    ],
)
def test_a_time_outside_the_offer_is_refused(dr_bob, starts_at):
    with pytest.raises(NotOffered):
        hold(dr_bob, starts_at=starts_at)


def test_a_provider_who_takes_nobody_is_not_offered(dr_bob):
    dr_bob.is_accepting = False
    dr_bob.save()

    with pytest.raises(NotOffered):
        hold(dr_bob)


def test_a_provider_who_left_is_not_offered(dr_bob):
    dr_bob.user.is_active = False
    dr_bob.user.save()

    with pytest.raises(NotOffered):
        hold(dr_bob)


def test_a_provider_without_a_cut_of_her_own_has_the_ordinary_one(dr_bob):
    Schedule.objects.all().delete()

    assert hold(dr_bob).ends_at == NINE + 50 * MINUTE


def test_a_state_without_a_licence_is_refused(dr_bob):
    with pytest.raises(NotLicensed):
        hold(dr_bob, state="CA")


def test_a_licence_must_be_valid_on_the_day_of_the_visit(dr_bob):
    dr_bob.licences.update(valid_until=date(2026, 12, 2))

    with pytest.raises(NotLicensed):
        hold(dr_bob)


def test_a_licence_is_good_on_its_last_day_where_the_provider_is(dr_bob):
    """At 16:00 in Chicago on the 3rd it is the 3rd; by UTC a late visit would be on the 4th."""
    dr_bob.availability_rules.update(to_minute=1440)
    dr_bob.licences.update(valid_until=date(2026, 12, 3))
    late = NINE + 10 * HOUR  # 19:00 in Chicago, 01:00 UTC on the 4th

    assert hold(dr_bob, starts_at=late).start_date == date(2026, 12, 3)


def test_a_compact_opens_the_states_that_joined_it(dr_bob):
    factories.make_licence(dr_bob, compact="psypact", number="P-1")

    assert hold(dr_bob, state="TX").patient_state == "TX"


def test_renewing_an_expired_hold_gives_ten_minutes_more(dr_bob):
    held = hold(dr_bob)

    renewed = booking.renew(appointment=held, now=LATER)

    assert (renewed.id, renewed.held_until) == (held.id, LATER + booking.HOLD)


def test_renewing_a_running_hold_changes_nothing(dr_bob):
    held = hold(dr_bob)

    assert booking.renew(appointment=held, now=NOW + MINUTE).held_until == NOW + booking.HOLD


def test_renewing_a_hold_whose_time_has_gone_is_refused(dr_bob):
    held = hold(dr_bob)
    hold(dr_bob, holder="h2", now=LATER)

    with pytest.raises(SlotTaken):
        booking.renew(appointment=held, now=LATER)


def test_renewing_after_the_lead_time_has_begun_is_refused(dr_bob):
    held = hold(dr_bob)

    with pytest.raises(SlotTaken):
        booking.renew(appointment=held, now=NINE - HOUR)


def test_renewing_a_booked_visit_is_refused(visit):
    with pytest.raises(SlotTaken):
        booking.renew(appointment=visit, now=LATER)


def test_confirming_books_the_visit(dr_bob, alice):
    visit = confirm(hold(dr_bob), alice)

    visit.refresh_from_db()
    assert (visit.status, visit.patient, visit.booked_at, visit.holder, visit.held_until) == (
        "booked",
        alice,
        NOW + MINUTE,
        "",
        None,
    )


def test_confirming_leaves_its_entries_in_the_audit_trail(dr_bob, alice):
    visit = confirm(hold(dr_bob), alice)

    care = alice.care_relationships.get()
    entries = AuditEvent.objects.order_by("pk").values_list(
        "action", "subject_id", "by_id", "patient_id"
    )
    assert list(entries) == [
        ("care.opened", str(care.pk), alice.user_id, alice.pk),
        ("appointment.booked", str(visit.id), alice.user_id, alice.pk),
    ]


def test_confirming_twice_is_one_visit_one_notice_each_and_one_signal(dr_bob, alice):
    heard = []

    def listen(sender, appointment, now, **_later):
        heard.append((appointment.id, now))

    appointment_booked.connect(listen)
    held = hold(dr_bob)
    first, second = confirm(held, alice), confirm(held, alice, now=NOW + 2 * MINUTE)

    assert (second.id, second.booked_at) == (first.id, first.booked_at)
    assert heard == [(first.id, NOW + MINUTE)]
    assert sorted(Duty.objects.values_list("kind", "key")) == [
        ("notice.confirmation", f"{first.id}:0:mail:patient"),
        ("notice.confirmation", f"{first.id}:0:mail:provider"),
        ("notice.join", f"{first.id}:0:mail:patient"),
    ]


def test_an_expired_hold_cannot_be_confirmed(dr_bob, alice):
    held = hold(dr_bob)

    with pytest.raises(HoldExpired):
        confirm(held, alice, now=LATER)


def test_a_hold_that_was_cleared_away_cannot_be_confirmed(dr_bob, alice):
    held = hold(dr_bob)
    hold(dr_bob, holder="h2", now=LATER)

    with pytest.raises(HoldExpired):
        confirm(held, alice)


def test_a_hold_that_somebody_else_confirmed_cannot_be_confirmed(dr_bob, alice, mallory):
    held = hold(dr_bob)
    confirm(held, alice)

    with pytest.raises(HoldExpired):
        confirm(held, mallory)


def test_a_patient_cannot_be_in_two_visits_at_once(visit, carol, alice):
    held = hold(carol)

    with pytest.raises(PatientBusy):
        confirm(held, alice)

    held.refresh_from_db()
    assert (held.status, Duty.objects.count()) == ("held", 0)


def test_a_patient_may_have_one_visit_right_after_another(visit, carol, alice):
    dr_bobs_end = visit.ends_at
    Schedule.objects.filter(provider=carol).update(step_minutes=50)

    assert confirm(hold(carol, starts_at=dr_bobs_end), alice).status == "booked"


def test_cancelling_frees_the_time(visit, alice, dr_bob):
    booking.cancel(appointment=visit, by=alice.user, now=NINE - HOUR)

    again = factories.make_visit(dr_bob, alice)
    assert [visit.status, again.status] == ["cancelled", "booked"]


def test_cancelling_is_audited_and_told_to_both(visit, alice):
    booking.cancel(appointment=visit, by=alice.user, now=NOW)

    entries = AuditEvent.objects.values_list("action", "subject_id", "by_id", "patient_id")
    assert list(entries) == [("appointment.cancelled", str(visit.id), alice.user_id, alice.pk)]
    assert sorted(Duty.objects.values_list("kind", "key")) == [
        ("notice.cancellation", f"{visit.id}:1:mail:patient"),
        ("notice.cancellation", f"{visit.id}:1:mail:provider"),
    ]


def test_cancelling_twice_is_refused(visit, alice):
    booking.cancel(appointment=visit, by=alice.user, now=NOW)

    with pytest.raises(InvalidTransition):
        booking.cancel(appointment=visit, by=alice.user, now=NOW)


def test_a_visit_can_be_cancelled_until_the_moment_it_starts(visit, alice):
    with pytest.raises(TooLate):
        booking.cancel(appointment=visit, by=alice.user, now=NINE)

    booking.cancel(appointment=visit, by=alice.user, now=NINE - MINUTE)
    assert visit.status == "cancelled"


def test_a_patient_who_waits_may_still_leave_it_be(visit, alice):
    visit.arrive(now=NINE - 5 * MINUTE)

    booking.cancel(appointment=visit, by=alice.user, now=NINE - MINUTE)

    assert visit.status == "cancelled"


def test_a_hold_cannot_be_cancelled(dr_bob, alice):
    with pytest.raises(InvalidTransition):
        booking.cancel(appointment=hold(dr_bob), by=alice.user, now=NOW)


def test_a_hold_is_not_confirmed_once_the_licence_is_gone(dr_bob, alice):
    held = hold(dr_bob)
    dr_bob.licences.all().delete()

    with pytest.raises(booking.NoLongerOffered):
        confirm(held, alice)


def test_a_hold_is_not_confirmed_once_the_provider_has_left(dr_bob, alice):
    held = hold(dr_bob)
    User.objects.filter(pk=dr_bob.user_id).update(is_active=False)

    with pytest.raises(booking.NoLongerOffered):
        confirm(held, alice)
