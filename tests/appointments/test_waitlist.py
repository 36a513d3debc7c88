"""Who waits, in which turn, and what the database refuses."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Erasure, Membership
from appointments import booking, waiting
from appointments.models import (
    Appointment,
    InvalidTransition,
    WaitlistEntry,
    WaitlistOffer,
)
from appointments.waitlist import AlreadyClosed
from core.models import AuditEvent
from core.transactions import violated
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    VISIT,
    make_care,
    make_patient,
    make_practice,
    make_provider,
    make_visit,
    make_waitlist_entry,
    make_waitlist_offer,
)

DAY = timedelta(days=1)


def ask(patient, provider, *, now=NOW, by=None, **wishes):
    said = {
        "appointment": None,
        "state": "IL",
        "weekdays": [],
        "parts": [],
        "until": NOW.date() + 60 * DAY,
    }
    by = by or patient.user
    return waiting.ask(patient=patient, provider=provider, by=by, now=now, **said | wishes)


def prioritize(entry, priority="urgent", reason="Sleeps badly.", *, by):
    return waiting.prioritize(entry=entry, priority=priority, reason=reason, by=by, now=NOW)


def names(now=NOW):
    return [entry.patient.name for entry in WaitlistEntry.objects.waiting(now=now)]


@contextmanager
def refused(name):
    """The database itself refuses it, by the constraint of that name."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        yield
    assert violated(error.value) == name


def test_a_patient_asks_for_a_time_before_the_visit_she_has(visit, alice, dr_bob):
    entry = ask(alice, dr_bob, appointment=visit, state="WI", weekdays=[4, 0], parts=["morning"])

    event = AuditEvent.objects.get(action="waitlist.asked")
    assert (entry.appointment, entry.weekdays, entry.parts) == (visit, [0, 4], ["morning"])
    assert entry.patient_state == visit.patient_state == "IL"
    assert (entry.priority, entry.asked_at, entry.asked_by) == ("routine", NOW, alice.user)
    assert (event.by_id, event.patient_id) == (alice.user_id, alice.pk)


def test_who_has_never_seen_her_can_wait_for_a_first_visit_while_she_takes_somebody_new(
    alice, dr_bob
):
    assert ask(alice, dr_bob).appointment is None


def test_nobody_waits_for_who_takes_nobody_new_or_works_elsewhere(alice, dr_bob):
    elsewhere = make_provider(make_practice(name="Elsewhere"), "Eve Far")
    dr_bob.is_accepting = False
    dr_bob.save()

    with pytest.raises(booking.NotOffered):
        ask(alice, dr_bob)
    with pytest.raises(booking.NotOffered):
        ask(alice, elsewhere)


def test_who_is_treated_can_wait_though_nobody_new_is_taken(visit, alice, dr_bob):
    dr_bob.is_accepting = False
    dr_bob.save()

    assert ask(alice, dr_bob, appointment=visit)


def test_a_visit_of_others_or_one_that_is_over_is_not_made_earlier(
    visit, alice, mallory, dr_bob, carol
):
    with pytest.raises(InvalidTransition):
        ask(mallory, dr_bob, appointment=visit)
    with pytest.raises(InvalidTransition):
        ask(alice, carol, appointment=visit)
    with pytest.raises(InvalidTransition):
        ask(alice, dr_bob, appointment=visit, now=NINE)


def test_asked_again_she_keeps_her_place_with_other_wishes(alice, dr_bob, carol):
    entry = ask(alice, dr_bob)
    prioritize(entry, by=carol.user)

    again = ask(alice, dr_bob, weekdays=[2], now=NOW + HOUR)

    assert (again.pk, again.asked_at, again.priority) == (entry.pk, NOW, "urgent")
    assert again.weekdays == [2]


def test_asked_anew_after_the_end_she_comes_last_and_is_as_urgent_as_anybody(
    alice, mallory, dr_bob, carol
):
    entry = ask(alice, dr_bob)
    prioritize(entry, by=carol.user)
    ask(mallory, dr_bob, now=NOW + HOUR)
    waiting.end(entry=entry, by=alice.user, now=NOW + HOUR)

    again = ask(alice, dr_bob, now=NOW + 2 * HOUR)

    assert (again.pk, again.priority, again.priority_reason) == (entry.pk, "routine", "")
    assert names() == ["Mallory Moe", "Alice Doe"]


def test_the_more_urgent_come_first_then_who_asked_first_then_who_was_entered_first(
    practice, dr_bob, carol
):
    people = [make_patient(practice, f"{name} Doe") for name in ["Ann", "Bea", "Cleo", "Dora"]]
    entries = [make_waitlist_entry(dr_bob, person) for person in people]
    WaitlistEntry.objects.filter(pk=entries[0].pk).update(asked_at=NOW + HOUR)
    prioritize(entries[2], "urgent", by=carol.user)
    prioritize(entries[3], "asap", by=carol.user)

    assert names() == ["Dora Doe", "Cleo Doe", "Bea Doe", "Ann Doe"]


def test_the_reason_is_sealed_and_on_the_trail_only_as_a_code(alice, dr_bob):
    entry = make_waitlist_entry(dr_bob, alice)

    prioritize(entry, "asap", "Cannot sleep.", by=dr_bob.user)

    event = AuditEvent.objects.get(action="waitlist.prioritized")
    raw = WaitlistEntry.objects.values_list("priority_reason", flat=True).get()
    assert WaitlistEntry.objects.get().priority_reason == "Cannot sleep."
    assert b"sleep" not in bytes(raw.envelope)
    assert (event.reason, event.by_id) == ("asap", dr_bob.user_id)


def test_back_in_turn_no_reason_is_kept(alice, dr_bob):
    entry = prioritize(make_waitlist_entry(dr_bob, alice), by=dr_bob.user)

    prioritize(entry, "routine", "It is better.", by=dr_bob.user)

    entry.refresh_from_db()
    assert (entry.priority_reason, entry.priority_by) == ("", None)


def test_who_waits_no_longer_is_not_made_urgent(alice, dr_bob):
    entry = make_waitlist_entry(dr_bob, alice)
    waiting.end(entry=entry, by=alice.user, now=NOW)

    with pytest.raises(waiting.NotWaiting):
        prioritize(entry, by=dr_bob.user)


def test_ended_twice_it_is_noted_once(alice, dr_bob):
    entry = make_waitlist_entry(dr_bob, alice)

    for hours in (1, 2):
        waiting.end(entry=entry, by=alice.user, now=NOW + hours * HOUR)

    entry.refresh_from_db()
    assert entry.ended_at == NOW + HOUR
    assert AuditEvent.objects.filter(action="waitlist.ended").count() == 1


def close_account(entry):
    entry.patient.user.is_active = False
    entry.patient.user.save()


def erase(entry):
    by = entry.provider.user
    Erasure.objects.create(patient=entry.patient, reason="request", erased_at=NOW, by=by)


def end_care(entry):
    """After she asked: who asks after the end has asked for a new beginning."""
    WaitlistEntry.objects.update(asked_at=NOW - 20 * DAY)
    cares = entry.patient.care_relationships
    cares.update(ends_at=NOW - 10 * DAY, end_reason="completed")


def leave_the_practice(entry):
    Membership.objects.filter(user=entry.provider.user).delete()


def close_account_of_provider(entry):
    entry.provider.user.is_active = False
    entry.provider.user.save()


def cancel_the_visit(entry):
    visit = make_visit(entry.provider, entry.patient)
    WaitlistEntry.objects.update(appointment=visit)
    booking.cancel(appointment=visit, by=entry.patient.user, now=NOW)


def let_her_in(entry):
    visit = make_visit(
        entry.provider, entry.patient, status="arrived", arrived_at=NOW, begun_at=NOW
    )
    WaitlistEntry.objects.update(appointment=visit)


def let_the_day_pass(_entry):
    WaitlistEntry.objects.update(until=NOW.date() - DAY)


@pytest.mark.parametrize(
    "happens",
    [
        close_account,
        erase,
        end_care,
        leave_the_practice,
        close_account_of_provider,
        cancel_the_visit,
        let_her_in,
        let_the_day_pass,
    ],
)
def test_then_she_waits_for_nothing(alice, dr_bob, happens):
    entry = make_waitlist_entry(dr_bob, alice)
    assert names() == ["Alice Doe"]

    happens(entry)

    assert names() == []


def test_whose_care_ended_before_she_asked_waits_for_a_new_beginning(alice, dr_bob):
    over = NOW - 10 * DAY
    make_care(alice, dr_bob, ends_at=over, end_reason="completed")

    ask(alice, dr_bob)

    assert names() == ["Alice Doe"]


@pytest.mark.parametrize(
    ("wishes", "suits"),
    [
        ({}, True),
        ({"weekdays": [3]}, True),  # NINE is a Thursday in Chicago
        ({"weekdays": [2, 4]}, False),
        ({"parts": ["morning"]}, True),
        ({"parts": ["afternoon", "evening"]}, False),
        ({"weekdays": [3], "parts": ["evening"]}, False),
        ({"until": NINE.date()}, True),
        ({"until": NINE.date() - DAY}, False),
    ],
)
def test_a_time_suits_by_the_clock_on_her_wall(alice, dr_bob, wishes, suits):
    assert make_waitlist_entry(dr_bob, alice, **wishes).suits(NINE) is suits


def test_noon_is_the_afternoon_and_her_zone_says_when_it_is(alice, dr_bob):
    entry, noon = make_waitlist_entry(dr_bob, alice, parts=["morning"]), NINE + 3 * HOUR

    assert (entry.suits(noon - HOUR / 60), entry.suits(noon)) == (True, False)
    alice.zone = "America/Los_Angeles"
    assert entry.suits(noon)


def test_only_a_time_before_her_visit_suits(visit, alice, dr_bob):
    entry = make_waitlist_entry(dr_bob, alice, appointment=visit)

    assert (entry.suits(NINE - HOUR), entry.suits(NINE), entry.suits(NINE + HOUR)) == (
        True,
        False,
        False,
    )


def test_the_two_have_one_row(alice, dr_bob):
    make_waitlist_entry(dr_bob, alice)

    with refused("waitlist_entry_once"):
        make_waitlist_entry(dr_bob, alice)


@pytest.mark.parametrize(
    "fields",
    [
        {"priority": "urgent"},
        {"priority": "urgent", "priority_reason": "Why"},
        {"priority_reason": "Why"},
        {"priority": "stat", "priority_reason": "Why"},
    ],
)
def test_a_priority_has_a_reason_and_somebody_who_gave_it(alice, dr_bob, fields):
    by = {"priority_by": dr_bob.user} if fields.get("priority") == "stat" else {}

    with refused("waitlist_priority_has_reason"):
        make_waitlist_entry(dr_bob, alice, **fields, **by)


@pytest.mark.parametrize("fields", [{"weekdays": [7]}, {"parts": ["night"]}])
def test_days_and_parts_are_those_that_there_are(alice, dr_bob, fields):
    with refused("waitlist_wishes_known"):
        make_waitlist_entry(dr_bob, alice, **fields)


def test_it_does_not_end_before_it_began(alice, dr_bob):
    with refused("waitlist_entry_times_in_order"):
        make_waitlist_entry(dr_bob, alice, ended_at=NOW - HOUR)


@pytest.fixture
def offer(alice, dr_bob):
    return make_waitlist_offer(make_waitlist_entry(dr_bob, alice))


@pytest.mark.parametrize("status", ["declined", "lapsed", "withdrawn"])
def test_no_time_is_offered_twice_nor_half_of_it(offer, status):
    offer.close(status, now=NOW)

    with refused("waitlist_offer_once_a_time"):
        make_waitlist_offer(offer.entry)
    with refused("waitlist_offer_once_a_time"):
        make_waitlist_offer(offer.entry, starts_at=NINE + VISIT / 2, ends_at=NINE + 2 * VISIT)
    assert make_waitlist_offer(offer.entry, starts_at=NINE + VISIT, ends_at=NINE + 2 * VISIT)


def test_she_has_one_offer_to_answer(offer):
    with refused("waitlist_offer_one_open"):
        make_waitlist_offer(offer.entry, starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"status": "lost", "closed_at": NOW}, "waitlist_offer_status_known"),
        ({"closed_at": NOW}, "waitlist_offer_closed_unless_open"),
        ({"status": "lapsed"}, "waitlist_offer_closed_unless_open"),
        ({"status": "lapsed", "closed_at": NOW - HOUR}, "waitlist_offer_closed_unless_open"),
        ({"status": "accepted", "closed_at": NOW}, "waitlist_offer_visit_iff_accepted"),
        ({"ends_at": NINE}, "waitlist_offer_times_in_order"),
        ({"expires_at": NOW}, "waitlist_offer_times_in_order"),
        ({"expires_at": NINE + HOUR}, "waitlist_offer_times_in_order"),
    ],
)
def test_an_offer_is_whole(alice, dr_bob, fields, name):
    entry = make_waitlist_entry(dr_bob, alice)

    with refused(name):
        make_waitlist_offer(entry, **fields)


def test_only_what_was_accepted_has_a_visit(offer, visit):
    with refused("waitlist_offer_visit_iff_accepted"):
        WaitlistOffer.objects.filter(pk=offer.pk).update(appointment=visit)


@pytest.mark.parametrize("minutes", [9, 241])
def test_a_practice_keeps_a_time_for_ten_minutes_to_four_hours(practice, minutes):
    practice.waitlist_minutes = minutes

    with refused("practice_waitlist_minutes"):
        practice.save()


@pytest.mark.parametrize("first", ["declined", "lapsed", "withdrawn"])
@pytest.mark.parametrize("then", ["declined", "lapsed", "withdrawn", "accepted", "offered"])
def test_what_is_closed_stays_closed(offer, first, then):
    offer.close(first, now=NOW)

    with pytest.raises(AlreadyClosed):
        offer.close(then, now=NOW)


def test_the_holder_of_an_offer_is_no_browsers_secret(offer):
    assert offer.holder == f"waitlist {offer.pk}"
    assert len(offer.holder) <= Appointment._meta.get_field("holder").max_length
