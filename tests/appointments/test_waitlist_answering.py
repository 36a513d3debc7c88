"""A time that is on offer goes to one person: she takes it, leaves it, or is too late."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from accounts.care_team import CareRelationship
from appointments import booking, moving, waiting, waitlist_answering, waitlist_offering
from appointments.models import Appointment, AvailabilityRule, InvalidTransition, WaitlistOffer
from appointments.waitlist import AlreadyClosed
from core import duties
from core.models import AuditEvent, Duty
from tests.factories import HOUR, NINE, NOW, make_visit, make_waitlist_entry
from tests.threads import at_once

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HALF = 30 * MINUTE
LATER = NOW + MINUTE


@pytest.fixture(autouse=True)
def from_thursday(dr_bob):
    """The soonest time is on Thursday at nine: no lead time cuts an offer short."""
    AvailabilityRule.objects.filter(weekday__lt=3).delete()


@pytest.fixture
def offer(alice, dr_bob):
    """One more visit is on offer."""
    make_waitlist_entry(dr_bob, alice)
    return offered_by_a_sweep()


@pytest.fixture
def earlier(alice, dr_bob):
    """A time before the visit of Friday is on offer."""
    friday = make_visit(dr_bob, alice, starts_at=NINE + DAY)
    make_waitlist_entry(dr_bob, alice, appointment=friday)
    return offered_by_a_sweep()


def offered_by_a_sweep():
    waitlist_offering.sweep(now=NOW)
    related = ("entry__patient__user", "entry__appointment", "entry__provider")
    return WaitlistOffer.objects.select_related(*related).get()


def accept(offer, *, now=LATER, appointment=None, version=0):
    by = offer.entry.patient.user
    return waitlist_answering.accept(
        offer=offer, appointment=appointment, version=version, by=by, now=now
    )


def decline(offer, *, now=LATER):
    waitlist_answering.decline(offer=offer, by=offer.entry.patient.user, now=now)


def stands():
    offer = WaitlistOffer.objects.select_related("entry").get()
    return offer.status, offer.entry.ended_at is not None


def test_she_takes_it_as_one_more_visit(offer, alice):
    visit = accept(offer)

    assert (visit.status, visit.patient, visit.starts_at) == ("booked", alice, offer.starts_at)
    assert stands() == ("accepted", True)
    assert Appointment.objects.count() == 1
    assert AuditEvent.objects.filter(action="waitlist.accepted", by_id=alice.user_id).exists()
    assert Duty.objects.filter(kind="notice.confirmation").exists()


def test_her_visit_moves_there_and_no_hold_is_left(earlier):
    friday = earlier.entry.appointment

    visit = accept(earlier, appointment=friday)

    assert (visit.pk, visit.starts_at, visit.version) == (friday.pk, earlier.starts_at, 1)
    assert list(Appointment.objects.all()) == [friday]
    assert stands() == ("accepted", True)
    assert Duty.objects.filter(kind="notice.move").exists()


def test_accepted_twice_it_is_done_once(offer):
    assert accept(offer) == accept(offer, now=LATER + HOUR)
    assert AuditEvent.objects.filter(action="waitlist.accepted").count() == 1


def test_who_comes_at_the_end_is_too_late_and_a_moment_before_is_not(offer):
    with pytest.raises(AlreadyClosed):
        accept(offer, now=NOW + HALF)

    assert accept(offer, now=NOW + HALF - timedelta(microseconds=1))


def test_declined_its_time_is_free_and_she_waits_on(offer, dr_bob):
    decline(offer)
    decline(offer)

    assert stands() == ("declined", False)
    assert booking.hold(
        provider=dr_bob, starts_at=offer.starts_at, holder="h", state="IL", now=LATER
    )
    with pytest.raises(AlreadyClosed):
        accept(offer)


def test_what_is_over_or_accepted_is_not_declined(offer):
    with pytest.raises(AlreadyClosed):
        decline(offer, now=NOW + HALF)
    accept(offer)
    with pytest.raises(AlreadyClosed):
        decline(offer)


def test_a_visit_that_has_moved_since_she_looked_is_not_moved_again(earlier, dr_bob):
    friday = Appointment.objects.get(pk=earlier.entry.appointment.pk)
    at = {"starts_at": friday.starts_at + HOUR, "version": 0, "by": dr_bob.user, "now": LATER}
    moving.move(appointment=friday, **at)

    with pytest.raises(moving.Changed):
        accept(earlier, appointment=friday, version=0)

    assert stands() == ("offered", False)
    assert accept(earlier, appointment=friday, version=1).starts_at == earlier.starts_at


def test_what_the_page_did_not_say_is_not_done(earlier):
    with pytest.raises(moving.Changed):
        accept(earlier, appointment=None)

    assert stands() == ("offered", False)


def test_a_visit_that_was_called_off_gets_no_other_time_and_the_offer_stands_until_the_sweep(
    earlier, alice
):
    friday = Appointment.objects.get(pk=earlier.entry.appointment.pk)
    booking.cancel(appointment=friday, by=alice.user, now=LATER)

    with pytest.raises(InvalidTransition):
        accept(earlier, appointment=friday, version=1)
    assert Appointment.objects.filter(status="held").count() == 1

    waitlist_offering.sweep(now=LATER)
    assert stands() == ("withdrawn", False)


def test_a_visit_with_somebody_else_meanwhile_is_in_the_way(offer, alice, carol):
    make_visit(carol, alice, starts_at=offer.starts_at)

    with pytest.raises(booking.PatientBusy):
        accept(offer)

    assert stands() == ("offered", False)


def test_a_hold_that_the_practice_has_let_go_of_is_not_accepted(offer):
    Appointment.objects.all().delete()

    with pytest.raises(AlreadyClosed):
        accept(offer)


def test_the_first_visit_opens_the_care_of_her(offer, alice):
    CareRelationship.objects.all().delete()

    accept(offer)

    assert CareRelationship.objects.filter(patient=alice, reason="visit").exists()


def test_she_is_told_in_neutral_words_with_the_zone_and_until_when(offer, alice, mailoutbox):
    duties.sweep(now=LATER)

    letter = mailoutbox[0]
    assert letter.to == [alice.user.email]
    assert letter.subject == "A time is free"
    assert "We keep it for you until 9:30" in letter.body
    assert "Central" in letter.body
    assert f"/waitlist/offers/{offer.pk}/" in letter.body
    assert "Bob" not in letter.body


@pytest.mark.parametrize("closing", [decline, accept])
def test_of_what_is_answered_nobody_is_told(offer, mailoutbox, closing):
    closing(offer)
    Duty.objects.exclude(kind="notice.waitlist-offer").delete()

    duties.sweep(now=LATER)

    assert mailoutbox == []


def test_of_what_has_run_out_nobody_is_told(offer, mailoutbox):
    duties.sweep(now=NOW + HALF)

    assert mailoutbox == []
    assert Duty.objects.get(kind="notice.waitlist-offer").error == "TooLate"


def outcomes(*deeds):
    """Do them at once; count the outcomes by name."""
    found = at_once(len(deeds), lambda number: deeds[number]() or "done")
    return Counter(type(one).__name__ for one in found)


@pytest.mark.django_db(transaction=True)
def test_accepted_in_eight_tabs_at_once_it_is_one_visit(offer):
    assert outcomes(*[lambda: accept(offered_now())] * 8) == {"Appointment": 8}
    assert Appointment.objects.filter(status="booked").count() == 1


def offered_now():
    related = ("entry__patient__user", "entry__provider")
    return WaitlistOffer.objects.select_related(*related).get()


@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_at_once_offer_a_time_once(alice, mallory, dr_bob):
    AvailabilityRule.objects.exclude(weekday=3).delete()
    AvailabilityRule.objects.update(to_minute=600)
    make_visit(dr_bob, mallory, starts_at=NINE + 7 * DAY)
    for patient in (alice, mallory):
        make_waitlist_entry(dr_bob, patient, until=NINE.date())

    made = at_once(8, lambda _number: waitlist_offering.sweep(now=NOW))

    assert sorted(made) == [0] * 7 + [1]
    assert WaitlistOffer.objects.count() == Appointment.objects.filter(status="held").count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepted_as_it_runs_out_either_she_or_the_next_has_it(offer, dr_bob, mallory):
    make_waitlist_entry(dr_bob, mallory)
    before = NOW + HALF - timedelta(microseconds=1)

    found = outcomes(
        lambda: accept(WaitlistOffer.objects.select_related("entry").get(pk=offer.pk), now=before),
        lambda: waitlist_offering.sweep(now=NOW + HALF),
    )

    offer.refresh_from_db()
    assert offer.status in ("accepted", "lapsed")
    assert found["Appointment"] == (offer.status == "accepted")
    assert found["AlreadyClosed"] == (offer.status == "lapsed")
    assert found.total() == 2


@pytest.mark.django_db(transaction=True)
def test_accepted_while_a_stranger_wants_it_one_has_it(offer, dr_bob):
    """Her clock says just before the end, the stranger's the end itself."""
    wish = {"provider": dr_bob, "starts_at": offer.starts_at, "holder": "h", "state": "IL"}

    found = outcomes(
        lambda: accept(offered_now(), now=NOW + HALF - timedelta(microseconds=1)),
        lambda: booking.hold(**wish, now=NOW + HALF),
    )

    assert found in ({"Appointment": 1, "SlotTaken": 1}, {"Appointment": 1, "AlreadyClosed": 1})
    assert Appointment.objects.filter(starts_at=offer.starts_at).count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepted_and_ended_at_once_one_of_the_two_is_done(offer, alice):
    found = outcomes(
        lambda: accept(offered_now()),
        lambda: waiting.end(entry=offered_now().entry, by=alice.user, now=LATER),
    )

    assert stands() in (("accepted", True), ("withdrawn", True))
    assert found["str"] == 1
    assert not connection.needs_rollback
