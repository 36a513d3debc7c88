from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from accounts.models import Membership
from appointments.models import Appointment, Attendance
from billing.models import CardOnFile, Charge, Payment
from care import consents
from messaging import messages, threads
from sessions.models import VideoSession
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    RECORDED,
    SCOPED,
    by_the_clock,
    make_member,
    make_patient,
    make_user,
    make_visit,
)

HOME = reverse("home")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock():
    """Ten minutes before the visit."""
    with time_machine.travel(NINE - 10 * MINUTE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def his(sign_in, dr_bob, clock):
    """Dr. Bob's browser on the day."""
    return sign_in(dr_bob.user)


@pytest.fixture
def hers(sign_in, alice, clock):
    """Alice's browser on the day."""
    return sign_in(alice.user)


def plain(response):
    return " ".join(response.content.decode().split())


def knock(visit, status="waiting"):
    times = {"waiting_at": NINE - 12 * MINUTE, "admitted_at": NINE, "live_at": NINE}
    if status == "ended":
        times["ended_at"] = NINE + HOUR
    Appointment.objects.filter(pk=visit.pk).update(status="arrived", arrived_at=NINE)
    return VideoSession.objects.create(appointment=visit, status=status, **times)


def attend(visit):
    knock(visit, status="ended")
    return Attendance.objects.create(
        appointment=visit,
        started_at=NINE,
        ended_at=NINE + HOUR,
        modality="video",
        patient_state="IL",
        is_at_home=True,
    )


def make_charge(visit, **fields):
    values = {
        "appointment": visit,
        "cpt": "90834",
        "modifier": "95",
        "place_of_service": "10",
        "minutes": 45,
        "amount_cents": 15000,
        "drafted_at": NOW,
    }
    return Charge.objects.create(**values | fields)


def make_payment(visit, *statuses):
    """A confirmed charge, and one try to collect it for each status."""
    charge = make_charge(
        visit, status="confirmed", confirmed_at=NOW, confirmed_by=visit.provider.user
    )
    card = make_card(visit)
    for number, status in enumerate(statuses or ["succeeded"]):
        Payment.objects.create(
            charge=charge,
            card=card,
            amount_cents=15000,
            status=status,
            started_at=NOW + number * MINUTE,
            settled_at=NOW + number * MINUTE,
            intent_ref="pi_1",
            movement_ref=f"txn_{visit.pk}" if status == "succeeded" else "",
            fee_cents=465,
            available_on=NOW.date(),
        )
    return charge


def make_card(visit):
    return CardOnFile.objects.create(
        patient=visit.patient,
        customer_ref="cus_1",
        payment_method_ref=f"pm_{visit.pk}",
        brand="visa",
        last4="4242",
        expires_on=date(2030, 12, 31),
        saved_at=NOW,
        replaced_at=NOW,
    )


def write(author, other, number=1):
    thread = threads.open_thread(patient=other[0], provider=other[1], now=NOW)
    return messages.send(
        thread=thread,
        body="Hello",
        message_id=f"00000000-0000-4000-8000-{number:012}",
        by=author,
        now=NOW,
    )


# The provider's day


def test_the_day_lists_the_visits_of_today(visit, his, carol, mallory):
    make_visit(visit.provider, mallory, starts_at=NINE + timedelta(days=1))
    make_visit(carol, mallory)

    page = plain(his.get(HOME))

    assert "Thursday, December 3, 2026 · Central Time (Chicago)" in page
    assert page.count('<span class="chip">Expected</span>') == 1
    assert f'href="{reverse("video:room", args=[visit.id])}"' in page
    assert "Mallory" not in page


def test_a_child_is_shown_with_the_guardian(visit, his, kit):
    make_visit(visit.provider, kit, starts_at=NINE + HOUR)

    page = plain(his.get(HOME))

    with_whom = '<b>Kit Doe</b> <span class="chip">Expected</span> <br><small>with Mary Doe, mother'
    assert (with_whom in page, page.count("<small>with")) == (True, 1)


def test_the_home_greets_a_child_by_name(kit, sign_in, clock):
    assert "<h1>Hello, Kit Doe</h1>" in plain(sign_in(kit.user).get(HOME))


def test_who_waits_is_on_top_with_the_filled_action(visit, his, mallory):
    other = make_visit(visit.provider, mallory, starts_at=NINE + HOUR)
    knock(other)

    page = plain(his.get(HOME))

    assert page.index("Mallory Moe") < page.index("Alice Doe")
    assert '<span class="chip chip--warm">Waiting since 8:48 AM</span>' in page
    assert f'<a class="btn" href="{reverse("video:room", args=[other.id])}">' in page
    assert page.count('class="btn"') == 1


def test_who_waits_past_midnight_is_still_shown(visit, his, clock):
    knock(visit)
    clock.shift(timedelta(days=1))

    assert "Waiting since 8:48 AM" in plain(his.get(HOME))


def test_a_visit_without_a_signed_note_is_to_do_on_any_day(visit, his, clock):
    attend(visit)
    clock.shift(timedelta(days=3))

    page = plain(his.get(HOME))

    assert "The note is not signed." in page
    assert f'href="{reverse("care:note", args=[visit.id])}"' in page


def test_a_visit_of_today_without_a_note_is_listed_once(visit, his):
    attend(visit)

    page = plain(his.get(HOME))

    assert (page.count("Write the note"), page.count("Note to write")) == (1, 1)


def test_a_charge_to_confirm_is_to_do(visit, his):
    charge = make_charge(visit)

    page = plain(his.get(HOME))

    assert "The charge of $150.00 is not confirmed." in page
    assert f'href="{reverse("billing:charge", args=[charge.id])}"' in page


def test_new_messages_are_counted(visit, his, alice, dr_bob):
    write(alice.user, (alice, dr_bob))
    write(dr_bob.user, (alice, dr_bob), number=2)

    assert "One new message" in plain(his.get(HOME))


def test_the_open_page_asks_for_the_lists_only(visit, his):
    fragment = plain(his.get(HOME, headers={"HX-Request": "true"}))

    assert "Alice Doe" in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize("count", [1, 3])
def test_the_day_takes_the_same_queries_however_full_it_is(
    dr_bob, practice, his, django_assert_num_queries, count
):
    for number in range(count):
        patient = make_patient(practice, f"P{number} Doe")
        waits = make_visit(dr_bob, patient, starts_at=NINE + number * HOUR)
        knock(waits)
        past = make_visit(dr_bob, patient, starts_at=NINE - timedelta(days=1 + number))
        attend(past)
        make_charge(past)

    with django_assert_num_queries(8 + RECORDED + SCOPED):  # her roles among them, for the menu
        his.get(HOME)


# The patient's home


def test_the_next_visit_can_be_joined_when_the_room_is_open(visit, hers):
    page = plain(hers.get(HOME))

    assert "Thursday, December 3, 2026, 9:00 AM, Central Time (Chicago)" in page
    assert f'<a class="btn" href="{reverse("video:room_check_in", args=[visit.id])}">' in page


def test_before_that_the_page_says_when(visit, hers, clock):
    clock.shift(-HOUR)

    page = plain(hers.get(HOME))

    assert "You can join from Thursday, December 3, 2026, 8:30 AM, Central Time" in page
    assert reverse("video:room_check_in", args=[visit.id]) not in page


def test_a_visit_that_took_place_is_not_the_next(visit, hers):
    attend(visit)

    assert "No visit is booked" in plain(hers.get(HOME))


def test_what_is_missing_is_to_do(visit, hers, alice):
    before = plain(hers.get(HOME))
    for document in consents.in_force(on=NOW.date()):
        consents.sign(patient=alice, document=document, signed_name="A", by=alice.user, now=NOW)

    after = plain(hers.get(HOME))

    sentences = ["Read and sign the consents", "Put a card on file"]
    assert [sentence in before for sentence in sentences] == [True, True]
    assert [sentence in after for sentence in sentences] == [False, True]


def test_receipts_are_the_patients_own(visit, hers, carol, mallory):
    mine = make_payment(visit)
    theirs = make_payment(make_visit(carol, mallory))

    page = plain(hers.get(HOME))

    assert reverse("billing:receipt", args=[mine.pk]) in page
    assert reverse("billing:receipt", args=[theirs.pk]) not in page


def test_of_a_charge_the_latest_try_counts(visit, hers):
    make_payment(visit, "failed", "succeeded")

    page = plain(hers.get(HOME))

    assert ('<span class="chip">Paid</span>' in page, "Declined" in page) == (True, False)


def test_a_new_account_is_shown_where_to_begin(practice, sign_in):
    page = plain(sign_in(make_user("new@example.com")).get(HOME))

    assert "No visit is booked" in page


def test_a_held_time_is_shown_first(dr_bob, hers):
    session = hers.session
    session["holder"] = "hers"
    session.save()
    held = Appointment.objects.create(
        provider=dr_bob,
        holder="hers",
        held_until=NINE,
        starts_at=NINE + HOUR,
        ends_at=NINE + 2 * HOUR,
        block_starts_at=NINE + HOUR,
        block_ends_at=NINE + 2 * HOUR,
        **by_the_clock(dr_bob, NINE + HOUR),
        fee_cents=15000,
    )

    page = plain(hers.get(HOME))

    assert f'<a class="btn" href="{reverse("booking", args=[held.id])}">' in page
    assert page.count('class="btn"') == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_home_takes_the_same_queries_however_full_it_is(
    dr_bob, alice, hers, django_assert_num_queries, count
):
    for number in range(count):
        make_visit(dr_bob, alice, starts_at=NINE + number * HOUR)
        make_payment(make_visit(dr_bob, alice, starts_at=NINE - timedelta(days=1 + number)))
        write(dr_bob.user, (alice, dr_bob), number)

    with django_assert_num_queries(11 + RECORDED + SCOPED):
        hers.get(HOME)


@pytest.mark.parametrize(
    "name",
    [
        "accounts:about_you", "appointments:list", "billing:card", "billing:receipt_list",
        "care:consent_list", "accounts:access", "account_change_password",
    ],
)  # fmt: skip
def test_what_belongs_to_a_patient_is_found_from_her_home(hers, name):
    page = hers.get(HOME).content.decode()

    assert f'href="{reverse(name)}"' in page.partition('id="account"')[2]


def test_every_page_leads_a_patient_to_her_account(hers):
    assert f'href="{HOME}#account"' in hers.get(reverse("messaging:list")).content.decode()


# Staff


@pytest.mark.parametrize("role", Membership.Role.values)
def test_whoever_works_here_finds_security_settings_and_no_quick_exit(practice, sign_in, role):
    person = make_member(practice, role, "staff@example.com")

    page = sign_in(person).get(reverse("messaging:list")).content.decode()

    assert f'href="{reverse("accounts:security")}"' in page
    assert "#account" not in page


def test_a_provider_finds_the_visits_of_other_days(his):
    page = his.get(HOME).content.decode()

    assert f'<a href="{reverse("appointments:list")}">Visits</a>' in page
    assert "Find a time" not in his.get(reverse("appointments:list")).content.decode()


def test_billing_staff_are_led_to_the_ledger(biller, sign_in):
    assert sign_in(biller).get(HOME)["Location"] == reverse("billing:ledger")


@pytest.mark.parametrize("role", [Membership.Role.FRONT_DESK, Membership.Role.ADMIN])
def test_the_front_desk_sees_who_comes_and_nothing_clinical(visit, practice, sign_in, clock, role):
    attend(visit)
    client = sign_in(make_member(practice, role, "desk@example.com"))

    page = plain(client.get(HOME))

    assert "Alice Doe" in page
    assert "Bob Ray, PsyD" in page
    assert '<span class="chip">Ended</span>' in page
    assert "note" not in page.lower()


@pytest.mark.parametrize("count", [1, 3])
def test_the_front_desk_takes_the_same_queries_however_full_the_day(
    dr_bob, practice, sign_in, clock, django_assert_num_queries, count
):
    client = sign_in(make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com"))
    for number in range(count):
        patient = make_patient(practice, f"P{number} Doe")
        make_visit(dr_bob, patient, starts_at=NINE + number * HOUR)

    with django_assert_num_queries(11 + RECORDED + SCOPED):
        client.get(HOME)


DESERTED = "Visits whose therapist no longer works here"


def close_account(provider):
    provider.user.is_active = False
    provider.user.save()


def take_role(provider):
    provider.user.memberships.update(role=Membership.Role.SUPERVISOR)


@pytest.mark.parametrize("role", [Membership.Role.FRONT_DESK, Membership.Role.ADMIN])
@pytest.mark.parametrize("leave", [close_account, take_role])
def test_the_front_desk_sees_whom_to_call_when_a_therapist_is_gone(
    dr_bob, carol, alice, mallory, practice, sign_in, clock, role, leave
):
    make_visit(dr_bob, alice, starts_at=NINE + timedelta(days=7))
    make_visit(carol, mallory, starts_at=NINE + timedelta(days=7))
    client = sign_in(make_member(practice, role, "desk@example.com"))
    before = plain(client.get(HOME))

    leave(dr_bob)
    page = plain(client.get(HOME))

    assert (DESERTED in before, DESERTED in page) == (False, True)
    assert "Thursday, December 10, 2026" in page
    assert ("Alice Doe" in page, "312-555-0123" in page, "Mallory" in page) == (True, True, False)


def test_what_was_called_off_or_is_over_needs_no_call(dr_bob, alice, practice, sign_in, clock):
    make_visit(dr_bob, alice, status="cancelled", cancelled_at=NOW)
    make_visit(dr_bob, alice, starts_at=NINE - timedelta(days=7))
    client = sign_in(make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com"))

    close_account(dr_bob)

    assert DESERTED not in plain(client.get(HOME))


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (Membership.Role.SUPERVISOR, "care:supervision"),
        (Membership.Role.PRIVACY_OFFICER, "accounts:access_log"),
    ],
)
def test_whose_work_is_on_one_page_begins_there(practice, sign_in, clock, role, address):
    client = sign_in(make_member(practice, role, "s@example.com"))

    assertRedirects(client.get(HOME), reverse(address), fetch_redirect_response=False)


def test_whose_work_is_on_several_pages_is_led_to_her_menu(visit, practice, sign_in, clock):
    user = make_member(practice, Membership.Role.SUPERVISOR, "s@example.com")
    Membership.objects.create(user=user, practice=practice, role=Membership.Role.PRIVACY_OFFICER)

    page = plain(sign_in(user).get(HOME))

    assert "What your role opens is in the menu above" in page
    assert "Alice" not in page
