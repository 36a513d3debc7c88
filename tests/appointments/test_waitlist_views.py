"""The pages of the waitlist: to ask, to answer an offer, and what front desk and provider see."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Membership
from appointments import waitlist_offering
from appointments.models import Appointment, AvailabilityRule, WaitlistEntry, WaitlistOffer
from tests.factories import HOUR, NINE, NOW, make_member, make_visit, make_waitlist_entry

DAY = timedelta(days=1)
UNTIL = str(NOW.date() + 30 * DAY)


@pytest.fixture(autouse=True)
def clock(dr_bob):
    AvailabilityRule.objects.filter(weekday__lt=3).delete()
    with time_machine.travel(NOW, tick=False) as travel:
        yield travel


def to(name, *args):
    return reverse(f"appointments:{name}", args=args)


@pytest.fixture
def offer(alice, dr_bob):
    friday = make_visit(dr_bob, alice, starts_at=NINE + DAY)
    make_waitlist_entry(dr_bob, alice, appointment=friday)
    waitlist_offering.sweep(now=NOW)
    return WaitlistOffer.objects.get()


def test_from_her_visit_she_asks_for_an_earlier_time(sign_in, visit, alice, dr_bob):
    browser = sign_in(alice.user)
    ask = to("waitlist_entry", dr_bob.slug)
    assert ask in browser.get(to("detail", visit.pk)).content.decode()

    said = {"appointment": visit.pk, "state": "IL", "until": UNTIL, "weekdays": ["0", "3"]}
    response = browser.post(ask, said, follow=True)

    entry = WaitlistEntry.objects.get()
    assert (entry.appointment, entry.weekdays, entry.asked_by) == (visit, [0, 3], alice.user)
    assert "Monday, Thursday; any time" in response.content.decode()


@pytest.mark.parametrize(
    "said",
    [
        {"until": "2020-01-01"},
        {"until": "2030-01-01"},
        {"until": ""},
        {"weekdays": ["9"]},
        {"parts": ["night"]},
        {"state": "XX"},
        {"appointment": "00000000-0000-0000-0000-000000000000"},
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_kept(sign_in, visit, alice, dr_bob, said):
    ask = to("waitlist_entry", dr_bob.slug)

    response = sign_in(alice.user).post(ask, {"state": "IL", "until": UNTIL} | said)

    assert response.status_code == 422
    assert not WaitlistEntry.objects.exists()


def test_looking_at_an_offer_changes_nothing_and_accepting_moves_the_visit(sign_in, offer, alice):
    browser = sign_in(alice.user)
    page = browser.get(to("waitlist_offer", offer.pk)).content.decode()
    assert "Move my visit to this time" in page
    assert "Central Time" in page
    assert WaitlistOffer.objects.get().status == "offered"

    said = {"appointment": offer.entry.appointment_id, "version": 0}
    response = browser.post(to("create_offer_acceptance", offer.pk), said)

    assert response.url == to("detail", offer.entry.appointment_id)
    assert Appointment.objects.get().starts_at == NINE
    assert "This time is yours" in browser.get(to("waitlist_offer", offer.pk)).content.decode()


def test_one_more_visit_leads_on_to_what_is_missing(sign_in, alice, dr_bob):
    make_waitlist_entry(dr_bob, alice)
    waitlist_offering.sweep(now=NOW)
    offer = WaitlistOffer.objects.get()
    browser = sign_in(alice.user)
    assert "It costs $150" in browser.get(to("waitlist_offer", offer.pk)).content.decode()

    response = browser.post(to("create_offer_acceptance", offer.pk), {"version": 0})

    assert response.url == reverse("preparation", args=[Appointment.objects.get().pk])


def test_declined_the_page_says_so_and_accepting_then_is_too_late(sign_in, offer, alice):
    browser = sign_in(alice.user)

    browser.post(to("create_offer_decline", offer.pk))
    said = {"appointment": offer.entry.appointment_id, "version": 0}
    response = browser.post(to("create_offer_acceptance", offer.pk), said)

    assert response.status_code == 409
    assert "You left it to someone else." in response.content.decode()
    assert browser.post(to("create_offer_decline", offer.pk)).status_code == 302


def test_what_has_run_out_says_so_before_a_sweep_has_seen_it(sign_in, offer, alice, clock):
    clock.move_to(NOW + HOUR, tick=False)
    browser = sign_in(alice.user)

    page = browser.get(to("waitlist_offer", offer.pk)).content.decode()

    assert "not kept for you any more" in page
    assert browser.post(to("create_offer_decline", offer.pk)).status_code == 409


@pytest.mark.parametrize(
    ("said", "status"), [({}, 422), ({"version": "x"}, 422), ({"version": 0}, 409)]
)
def test_what_the_page_did_not_say_is_not_done(sign_in, offer, alice, said, status):
    response = sign_in(alice.user).post(to("create_offer_acceptance", offer.pk), said)

    assert response.status_code == status
    assert WaitlistOffer.objects.get().status == "offered"


@pytest.mark.parametrize("name", ["create_offer_acceptance", "create_offer_decline"])
def test_nobody_else_answers_for_her(sign_in, offer, mallory, dr_bob, desk, name):
    for stranger in (mallory.user, dr_bob.user, desk):
        assert sign_in(stranger).post(to(name, offer.pk), {"version": 0}).status_code == 404
    assert WaitlistOffer.objects.get().status == "offered"


def test_the_front_desk_sees_the_order_and_what_is_on_offer_but_no_reason(
    sign_in, offer, mallory, dr_bob, desk
):
    entry = make_waitlist_entry(dr_bob, mallory)
    said = {"priority": "asap", "reason": "Sleepless"}
    sign_in(dr_bob.user).post(to("waitlist_priority", entry.ref), said)
    browser = sign_in(desk)

    page = browser.get(to("desk_waitlist")).content.decode()
    form = browser.get(to("waitlist_priority", entry.ref)).content.decode()

    assert page.index("1. Mallory Moe") < page.index("2. Alice Doe")
    assert "On offer:" in page
    assert "Sleepless" not in page + form
    reads = sign_in(dr_bob.user).get(to("waitlist_priority", entry.ref)).content.decode()
    assert "Sleepless" in reads


def test_urgent_without_a_reason_is_refused(sign_in, alice, dr_bob, desk):
    entry = make_waitlist_entry(dr_bob, alice)

    response = sign_in(desk).post(to("waitlist_priority", entry.ref), {"priority": "urgent"})

    assert response.status_code == 422
    assert "why others should wait longer" in response.content.decode()


def test_the_front_desk_puts_a_patient_on_the_list_and_takes_her_off(sign_in, alice, dr_bob, desk):
    browser = sign_in(desk)
    said = {"state": "IL", "provider": dr_bob.slug, "until": UNTIL, "parts": ["evening"]}

    browser.post(to("desk_waitlist_entry", alice.ref), said)

    entry = WaitlistEntry.objects.get()
    assert (entry.patient, entry.asked_by, entry.parts) == (alice, desk, ["evening"])
    response = browser.post(to("create_waitlist_end", entry.ref), follow=True)
    assert "Nobody waits for an earlier time." in response.content.decode()


def test_an_admin_says_how_long_an_offer_stands(sign_in, practice):
    boss = make_member(practice, Membership.Role.ADMIN, "boss@example.com")
    browser = sign_in(boss)

    assert browser.post(to("waitlist_minutes"), {"minutes": 5}).status_code == 422
    assert browser.post(to("waitlist_minutes"), {"minutes": 45}).status_code == 302

    practice.refresh_from_db()
    assert practice.waitlist_minutes == 45
