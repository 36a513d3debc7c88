"""What is free is offered to those who wait, to one at a time, whatever has made it free."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts import contact, erasure
from accounts.models import Erasure, Licence
from accounts.trail_words import ACTIONS
from appointments import (
    anyone,
    booking,
    directory,
    indexing,
    moving,
    offers,
    tasks,
    waiting,
    waitlist_offering,
)
from appointments.models import (
    Appointment,
    AvailabilityRule,
    CancellationPolicy,
    FreeInterval,
    Leave,
    Schedule,
    WaitlistEntry,
    WaitlistOffer,
)
from core.models import AuditEvent, Duty
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    VISIT,
    make_patient,
    make_visit,
    make_waitlist_entry,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HALF = 30 * MINUTE
Status = WaitlistOffer.Status


@pytest.fixture(autouse=True)
def one_hour(dr_bob):
    """Bob works on Thursdays from nine to ten: one visit a week."""
    AvailabilityRule.objects.filter(provider=dr_bob).delete()
    AvailabilityRule.objects.create(provider=dr_bob, weekday=3, from_minute=540, to_minute=600)
    Schedule.objects.filter(provider=dr_bob).update(horizon_days=7, buffer_after_minutes=10)
    indexing.rebuild([dr_bob.pk], now=NOW)


def sweep(now=NOW):
    return waitlist_offering.sweep(now=now)


def offered():
    rows = WaitlistOffer.objects.order_by("offered_at", "entry_id")
    return [(row.entry.patient.name, row.starts_at, row.status) for row in rows]


def hold(provider, *, starts_at=NINE, now=NOW):
    return booking.hold(provider=provider, starts_at=starts_at, holder="h", state="IL", now=now)


def test_what_is_free_is_kept_for_whoever_waits(alice, dr_bob):
    entry = make_waitlist_entry(dr_bob, alice)

    assert sweep() == 1

    offer = WaitlistOffer.objects.get()
    held = Appointment.objects.get()
    event = AuditEvent.objects.get(action="waitlist.offered")
    assert (offer.entry, offer.starts_at, offer.ends_at) == (entry, NINE, NINE + VISIT)
    assert (offer.status, offer.offered_at, offer.expires_at) == ("offered", NOW, NOW + HALF)
    assert (held.status, held.patient, held.holder) == ("held", None, offer.holder)
    assert (held.held_until, held.fee_cents, held.patient_state) == (NOW + HALF, 15000, "IL")
    assert held.cancellation_policy == CancellationPolicy.objects.get()
    assert (event.by_id, event.patient_id) == (None, alice.pk)


def test_the_hold_keeps_the_buffers_of_the_provider(alice, dr_bob):
    make_waitlist_entry(dr_bob, alice)

    sweep()

    held = Appointment.objects.get()
    assert (held.block_starts_at, held.block_ends_at) == (NINE, NINE + HOUR)


def test_swept_again_nothing_is_offered_twice(alice, mallory, dr_bob):
    make_waitlist_entry(dr_bob, alice)
    make_waitlist_entry(dr_bob, mallory)

    assert [sweep(), sweep(), sweep(NOW + 29 * MINUTE)] == [1, 0, 0]
    assert offered() == [("Alice Doe", NINE, "offered")]
    assert Duty.objects.filter(kind="notice.waitlist-offer").count() == 1


def test_the_task_sweeps_in_every_practice(alice, dr_bob):
    make_waitlist_entry(dr_bob, alice)

    with time_machine.travel(NOW, tick=False):
        tasks.sweep_waitlist()

    assert offered() == [("Alice Doe", NINE, "offered")]


def test_an_offer_that_runs_out_goes_to_the_next_and_not_to_her_again(alice, mallory, dr_bob):
    make_waitlist_entry(dr_bob, alice)
    make_waitlist_entry(dr_bob, mallory)
    sweep()

    assert sweep(NOW + HALF) == 1
    assert sweep(NOW + 2 * HALF) == 0

    assert offered() == [("Alice Doe", NINE, "lapsed"), ("Mallory Moe", NINE, "lapsed")]
    assert list(Appointment.objects.all()) == []
    assert AuditEvent.objects.filter(action="waitlist.lapsed", by_id=None).count() == 2


def test_the_more_urgent_comes_first_and_waits_behind_no_offer_that_stands(
    alice, mallory, dr_bob, carol
):
    make_waitlist_entry(dr_bob, alice)
    later = make_waitlist_entry(dr_bob, mallory, asked_at=NOW + MINUTE)
    waiting.prioritize(entry=later, priority="asap", reason="Why", by=carol.user, now=NOW)

    sweep(NOW + MINUTE)

    assert offered() == [("Mallory Moe", NINE, "offered")]


def test_two_times_go_to_two_people_and_each_has_one(practice, alice, mallory, dr_bob):
    AvailabilityRule.objects.update(to_minute=11 * 60)
    for patient in (alice, mallory, make_patient(practice, "Third Doe")):
        make_waitlist_entry(dr_bob, patient)

    assert sweep() == 2

    assert offered() == [
        ("Alice Doe", NINE, "offered"),
        ("Mallory Moe", NINE + HOUR, "offered"),
    ]


def cancelled(provider, patient):
    visit = make_visit(provider, patient)
    yield
    booking.cancel(appointment=visit, by=provider.user, now=NOW)


def moved(provider, patient):
    AvailabilityRule.objects.create(provider=provider, weekday=4, from_minute=540, to_minute=600)
    visit = make_visit(provider, patient)
    make_visit(provider, patient, starts_at=NINE + 8 * DAY)
    yield
    move = {"starts_at": NINE + DAY, "version": 0, "by": provider.user, "now": NOW}
    moving.move(appointment=visit, **move)


def held_by_a_visitor_who_went_away(provider, _patient):
    hold(provider, now=NOW - booking.HOLD + MINUTE)
    yield
    Appointment.objects.update(held_until=NOW)


def on_leave(provider, _patient):
    leave = Leave.objects.create(
        provider=provider, first_on=NINE.date(), last_on=NINE.date(), reason="vacation"
    )
    yield
    leave.delete()


def not_worked(provider, _patient):
    AvailabilityRule.objects.update(weekday=2)
    make_visit(provider, _patient, starts_at=NINE - DAY)
    yield
    AvailabilityRule.objects.update(weekday=3)


def not_licensed(provider, _patient):
    Licence.objects.update(valid_until=NINE.date() - DAY)
    yield
    Licence.objects.update(valid_until=NINE.date())


def full(provider, patient):
    Schedule.objects.update(visits_a_day=1)
    visit = make_visit(provider, patient, starts_at=NINE + 5 * HOUR)
    yield
    booking.cancel(appointment=visit, by=provider.user, now=NOW)


@pytest.mark.parametrize(
    "cause",
    [cancelled, moved, held_by_a_visitor_who_went_away, on_leave, not_worked, not_licensed, full],
)
def test_whatever_makes_a_time_free_it_is_found(alice, mallory, dr_bob, cause):
    make_waitlist_entry(dr_bob, alice, weekdays=[3])
    freeing = cause(dr_bob, mallory)
    next(freeing)
    assert sweep() == 0

    next(freeing, None)

    assert sweep() == 1
    assert offered() == [("Alice Doe", NINE, "offered")]


def test_she_is_offered_no_time_that_meets_another_visit_of_hers(alice, dr_bob, carol):
    make_waitlist_entry(dr_bob, alice)
    make_visit(carol, alice, starts_at=NINE + VISIT / 2)

    assert sweep() == 0


def test_a_time_that_she_cannot_have_goes_to_who_can(alice, mallory, dr_bob):
    make_waitlist_entry(dr_bob, alice, patient_state="WI")
    make_waitlist_entry(dr_bob, alice.practice.patients.get(pk=mallory.pk))

    sweep()

    assert offered() == [("Mallory Moe", NINE, "offered")]


def test_who_has_a_visit_is_offered_what_is_before_it(alice, dr_bob):
    AvailabilityRule.objects.create(provider=dr_bob, weekday=4, from_minute=540, to_minute=600)
    visit = make_visit(dr_bob, alice, starts_at=NINE + DAY)
    make_waitlist_entry(dr_bob, alice, appointment=visit)

    sweep()

    assert offered() == [("Alice Doe", NINE, "offered")]


def test_who_has_the_soonest_visit_is_offered_nothing(alice, dr_bob):
    AvailabilityRule.objects.create(provider=dr_bob, weekday=4, from_minute=540, to_minute=600)
    visit = make_visit(dr_bob, alice)
    make_waitlist_entry(dr_bob, alice, appointment=visit)

    assert sweep() == 0


def test_a_practice_says_how_long_an_offer_stands(practice, alice, dr_bob):
    practice.waitlist_minutes = 120
    practice.save()
    make_waitlist_entry(dr_bob, alice)

    sweep()

    assert WaitlistOffer.objects.get().expires_at == NOW + 2 * HOUR


def test_a_near_time_is_offered_until_it_can_be_had_no_longer(alice, dr_bob):
    Schedule.objects.update(lead_minutes=60)
    make_waitlist_entry(dr_bob, alice)
    now = NINE - 80 * MINUTE
    contact.save_rules(
        patient=alice,
        by=alice.user,
        now=NOW,
        by_mail=True,
        by_text=False,
        may_leave_message=False,
        safe_hours=(0, 1440),
    )

    assert sweep(now) == 1
    assert WaitlistOffer.objects.get().expires_at == now + 20 * MINUTE == NINE - HOUR


def test_what_leaves_less_than_ten_minutes_to_think_is_not_offered(alice, dr_bob):
    Schedule.objects.update(lead_minutes=0)
    make_waitlist_entry(dr_bob, alice)

    assert sweep(NINE - 9 * MINUTE) == 0
    assert sweep(NINE - 10 * MINUTE) == 1


def chicago(hour, minute=0):
    return datetime(2026, 12, 2, hour, minute, tzinfo=ZoneInfo("America/Chicago"))


@pytest.mark.parametrize(
    ("now", "count"),
    [
        (chicago(3), 0),
        (chicago(7, 59), 0),
        (chicago(8), 1),
        (chicago(20, 59), 1),
        (chicago(21), 0),
    ],
)
def test_nobody_is_offered_anything_at_night(alice, dr_bob, now, count):
    make_waitlist_entry(dr_bob, alice)

    assert sweep(now) == count


def rules(patient, *, by_mail=True, safe_hours=None):
    contact.save_rules(
        patient=patient,
        by=patient.user,
        now=NOW,
        by_mail=by_mail,
        by_text=False,
        may_leave_message=False,
        safe_hours=safe_hours,
    )


def test_outside_her_own_hours_it_goes_to_the_next_who_may_be_told(alice, mallory, dr_bob):
    make_waitlist_entry(dr_bob, alice)
    make_waitlist_entry(dr_bob, mallory)
    rules(alice, safe_hours=(18 * 60, 20 * 60))

    sweep()

    assert offered() == [("Mallory Moe", NINE, "offered")]


def test_whom_no_notice_reaches_is_offered_nothing(alice, dr_bob):
    make_waitlist_entry(dr_bob, alice)
    rules(alice, by_mail=False)

    assert sweep() == 0


def test_what_is_on_offer_is_taken_for_everybody_else_and_free_again_when_it_runs_out(
    alice, dr_bob
):
    make_waitlist_entry(dr_bob, alice)
    sweep()

    def seen(now):
        found = directory.free_slots(provider=dr_bob, state="IL", now=now, holder="")
        return NINE in list(found)

    assert not seen(NOW)
    assert not FreeInterval.objects.filter(provider=dr_bob, starts_at=NINE).exists()
    with pytest.raises(booking.SlotTaken):
        hold(dr_bob)
    sweep(NOW + HALF)
    assert seen(NOW + HALF)
    assert FreeInterval.objects.filter(provider=dr_bob, starts_at=NINE).exists()
    assert hold(dr_bob, now=NOW + HALF)


def test_a_visitor_is_told_no_more_than_that_it_is_taken(alice, dr_bob):
    make_waitlist_entry(dr_bob, alice)
    sweep()
    choice = {"provider": dr_bob.slug, "starts_at": NINE.isoformat(), "state": "IL"}

    with time_machine.travel(NOW, tick=False):
        response = Client().post(reverse("appointments:create_hold"), choice)

    assert response.status_code == 409
    assert "waitlist" not in response.content.decode().lower()


def test_anyone_of_the_team_is_not_somebody_whose_time_is_on_offer(alice, dr_bob):
    make_waitlist_entry(dr_bob, alice)
    sweep()

    busy = [offer.has_free(NINE) for offer in offers.of([dr_bob], now=NOW)]

    assert busy == [False]
    assert anyone.visits_of_week([dr_bob], NINE, holder="", now=NOW)[dr_bob.pk] == 1


def test_of_one_erased_the_offer_is_taken_back_at_once(alice, dr_bob, carol):
    make_waitlist_entry(dr_bob, alice)
    sweep()

    erasure.erase(patient=alice, reason=Erasure.Reason.REQUEST, by=carol.user, now=NOW)

    assert WaitlistEntry.objects.get().ended_at == NOW
    assert WaitlistOffer.objects.get().status == "withdrawn"
    assert list(Appointment.objects.all()) == []
    assert sweep(NOW + MINUTE) == 0


def test_an_offer_whose_patient_waits_no_longer_is_taken_back_by_the_next_sweep(
    alice, mallory, dr_bob
):
    make_waitlist_entry(dr_bob, alice)
    make_waitlist_entry(dr_bob, mallory)
    sweep()
    alice.user.is_active = False
    alice.user.save()

    sweep(NOW + MINUTE)

    assert offered() == [("Alice Doe", NINE, "withdrawn"), ("Mallory Moe", NINE, "offered")]


def test_an_offer_whose_hold_was_let_go_of_is_taken_back(alice, dr_bob):
    """As when the provider falls ill: the absence clears away what is held."""
    make_waitlist_entry(dr_bob, alice)
    sweep()
    Appointment.objects.all().delete()
    AvailabilityRule.objects.all().delete()

    sweep(NOW + MINUTE)

    assert offered() == [("Alice Doe", NINE, "withdrawn")]


def test_a_withdrawal_gives_the_time_to_the_next(alice, mallory, dr_bob):
    entry = make_waitlist_entry(dr_bob, alice)
    make_waitlist_entry(dr_bob, mallory)
    sweep()

    waiting.end(entry=entry, by=alice.user, now=NOW + MINUTE)
    sweep(NOW + MINUTE)

    assert offered() == [("Alice Doe", NINE, "withdrawn"), ("Mallory Moe", NINE, "offered")]


def test_what_fails_for_one_provider_keeps_no_other_waiting(alice, mallory, dr_bob, carol, caplog):
    """Whose practice's zone is none cannot be computed; nobody should enter one, but still."""
    make_waitlist_entry(dr_bob, alice)
    make_waitlist_entry(carol, mallory)
    sweep()
    WaitlistOffer.objects.filter(entry__provider=dr_bob).update(expires_at=NOW + MINUTE)
    type(dr_bob).objects.filter(pk=dr_bob.pk).update(zone="Nowhere")

    sweep(NOW + HALF)

    theirs = WaitlistOffer.objects.filter(offered_at=NOW).order_by("entry_id")
    assert [row.status for row in theirs] == ["offered", "lapsed"]
    assert "waitlist of" in caplog.text
    assert "Alice" not in caplog.text


def test_killed_in_the_middle_nothing_is_lost_and_nothing_is_offered_twice(
    alice, mallory, dr_bob, monkeypatch
):
    """The worker dies after the hold and before the notice: all of it is undone."""
    make_waitlist_entry(dr_bob, alice)
    make_waitlist_entry(dr_bob, mallory)

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(waitlist_offering.waitlist_notices, "enqueue", die)
        with pytest.raises(KeyboardInterrupt):
            sweep()
    assert (offered(), list(Appointment.objects.all())) == ([], [])

    assert sweep() == 1
    assert offered() == [("Alice Doe", NINE, "offered")]
    assert Duty.objects.filter(kind="notice.waitlist-offer").count() == 1


def test_every_answer_has_words_on_the_trail():
    assert {f"waitlist.{status}" for status in Status.values} <= set(ACTIONS)


def test_the_queries_do_not_grow_with_those_whom_nothing_suits(
    practice, dr_bob, django_assert_num_queries
):
    make_visit(dr_bob, make_patient(practice, "Busy Doe"))
    for number in range(3):
        make_waitlist_entry(dr_bob, make_patient(practice, f"P{number} Doe"), weekdays=[0])

    with django_assert_num_queries(10):
        sweep()
    for number in range(3, 9):
        make_waitlist_entry(dr_bob, make_patient(practice, f"P{number} Doe"), weekdays=[0])
    with django_assert_num_queries(10):
        sweep()
