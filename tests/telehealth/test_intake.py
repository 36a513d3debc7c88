from datetime import date, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Patient
from appointments.models import Appointment
from billing.models import CardOnFile
from care import consents
from core.models import Duty
from tests.factories import HOUR, NINE, NOW, VISIT, by_the_clock, make_user, make_visit

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def visitor(db):
    """A browser without an account, known by the secret in its session."""
    return holding(Client(), "visitor")


@pytest.fixture
def held(dr_bob):
    return make_hold(dr_bob)


@pytest.fixture
def ready(alice, sign_in):
    """Alice's browser, which holds the time, and she has all that a booking needs."""
    sign_consents(alice)
    make_card(alice)
    return holding(sign_in(alice.user), "visitor")


def holding(client, holder):
    session = client.session
    session["holder"] = holder
    session.save()
    return client


def make_hold(provider, holder="visitor", starts_at=NINE, **fields):
    values = {
        "provider": provider,
        "holder": holder,
        "held_until": NOW + 10 * MINUTE,
        "starts_at": starts_at,
        "ends_at": starts_at + VISIT,
        "block_starts_at": starts_at,
        "block_ends_at": starts_at + HOUR,
        **by_the_clock(provider, starts_at),
        "fee_cents": 15000,
        "cancellation_policy": provider.practice.cancellation_policies.first(),
        "patient_state": "IL",
    }
    return Appointment.objects.create(**values | fields)


def sign_consents(patient):
    for document in consents.in_force(on=NOW.date()):
        consents.sign(patient=patient, document=document, signed_name="A", by=patient.user, now=NOW)


def make_card(patient):
    return CardOnFile.objects.create(
        patient=patient,
        customer_ref="cus_1",
        payment_method_ref="pm_1",
        brand="visa",
        last4="4242",
        expires_on=date(2030, 12, 31),
        saved_at=NOW,
    )


def plain(text):
    """With single, ordinary spaces; times are written with a narrow one."""
    return " ".join(text.split())


def next_step(client, visit):
    return client.get(reverse("booking", args=[visit.id]))


def review(client, visit, method="get"):
    return getattr(client, method)(reverse("booking_review", args=[visit.id]))


def renew(client, visit):
    return client.post(reverse("booking_renewal", args=[visit.id]))


def leading_back(page, visit, query=""):
    return f"{reverse(page)}?{query}next=%2Fbooking%2F{visit.id}%2F"


def test_a_visitor_is_led_to_the_sign_up(visitor, held):
    assert next_step(visitor, held)["Location"] == leading_back("account_signup", held)


def test_a_new_account_is_led_to_about_you(held, sign_in):
    client = holding(sign_in(make_user("new@example.com")), "visitor")

    location = next_step(client, held)["Location"]

    assert location == leading_back("accounts:about_you", held, "state=IL&")


def test_a_patient_is_led_through_what_is_missing(alice, held, sign_in):
    client = holding(sign_in(alice.user), "visitor")

    locations = [next_step(client, held)["Location"]]
    sign_consents(alice)
    locations.append(next_step(client, held)["Location"])
    make_card(alice)
    locations.append(next_step(client, held)["Location"])

    assert locations == [
        leading_back("care:consents", held),
        leading_back("billing:card", held),
        reverse("booking_review", args=[held.id]),
    ]


def test_the_review_says_all_that_is_agreed(ready, held):
    response = review(ready, held)

    page = plain(response.content.decode())
    assert response.status_code == 200
    for words in [
        "Thursday, December 3, 2026, 9:00\u202fAM, Central Time (Chicago)",
        "50 minutes",
        "Bob Ray, PsyD",
        "Alice Doe",
        "By video. You will be in Illinois.",
        "$150.00 for the whole visit, charged after it.",
        "Visa ending in 4242",
        "Cancel or move it until Wednesday, December 2, 2026, 9:00\u202fAM, Central Time (Chicago)",
        "After that, the practice may charge $150.00. If you do not come, it may charge $150.00.",
        "Central Time (Chicago), with Bob Ray. It is kept for you until 9:10\u202fAM.",
        "call or text 988",
    ]:
        assert plain(words) in page
    assert page.count('class="btn"') == 1


def test_confirming_books_the_visit(ready, held, alice):
    response = review(ready, held, "post")

    held.refresh_from_db()
    assert response["Location"] == reverse("appointments:detail", args=[held.id])
    assert (held.status, held.patient, held.booked_at) == ("booked", alice, NOW)


def test_after_confirming_it_is_said_that_it_is_booked_and_how_long_it_is_free(ready, held):
    review(ready, held, "post")

    page = plain(ready.get(reverse("appointments:detail", args=[held.id])).content.decode())

    assert "It is booked. We sent you a mail with the time." in page
    assert (
        plain("Move or cancel it until Wednesday, December 2, 2026, 9:00\u202fAM, Central Time")
        in page
    )


def test_confirming_twice_books_once(ready, held):
    review(ready, held, "post")
    letters_before = Duty.objects.count()

    response = review(ready, held, "post")

    assert response["Location"] == reverse("appointments:detail", args=[held.id])
    assert (Appointment.objects.count(), Duty.objects.count()) == (1, letters_before)


def test_nothing_is_booked_while_something_is_missing(alice, held, sign_in):
    client = holding(sign_in(alice.user), "visitor")

    response = review(client, held, "post")

    held.refresh_from_db()
    assert (response["Location"], held.status) == (reverse("booking", args=[held.id]), "held")


@pytest.mark.parametrize("step", [next_step, review, renew])
def test_somebody_elses_hold_is_not_found(held, mallory, sign_in, step):
    sign_consents(mallory)
    make_card(mallory)

    response = step(holding(sign_in(mallory.user), "another"), held)

    held.refresh_from_db()
    assert (response.status_code, held.status) == (404, "held")
    assert "No time is held here" in response.content.decode()


@pytest.mark.parametrize("step", [next_step, review, renew])
def test_somebody_elses_visit_is_not_found(visit, mallory, sign_in, step):
    response = step(holding(sign_in(mallory.user), ""), visit)

    assert response.status_code == 404


@pytest.mark.parametrize("step", [next_step, review, renew])
def test_a_booked_visit_has_its_own_page(visit, alice, sign_in, step):
    response = step(sign_in(alice.user), visit)

    assert response["Location"] == reverse("appointments:detail", args=[visit.id])


@pytest.mark.parametrize("step", [next_step, review])
def test_a_hold_that_ran_out_is_said_and_offered_again(ready, held, clock, step):
    clock.shift(10 * MINUTE)

    response = step(ready, held)

    page = response.content.decode()
    assert response.status_code == 409
    assert "It is still free." in page
    assert f'action="{reverse("booking_renewal", args=[held.id])}"' in page


def test_confirming_a_hold_that_ran_out_books_nothing(ready, held, clock):
    clock.shift(10 * MINUTE)

    response = review(ready, held, "post")

    held.refresh_from_db()
    assert (response.status_code, held.status) == (409, "held")


def test_a_hold_that_ran_out_can_be_held_again(ready, held, clock):
    clock.shift(11 * MINUTE)

    response = renew(ready, held)

    held.refresh_from_db()
    assert response["Location"] == reverse("booking", args=[held.id])
    assert held.held_until == NOW + 21 * MINUTE
    assert review(ready, held, "post").status_code == 302


def test_a_time_that_the_provider_gave_up_is_not_offered_again(ready, held, dr_bob, clock):
    dr_bob.availability_rules.all().delete()
    clock.shift(11 * MINUTE)

    page = next_step(ready, held).content.decode()
    response = renew(ready, held)

    assert "It is not free any more." in page
    assert response.status_code == 409
    assert "That time has gone" in response.content.decode()


def test_a_second_visit_at_the_same_time_is_refused(ready, held, carol, alice):
    make_visit(carol, alice)

    response = review(ready, held, "post")

    held.refresh_from_db()
    assert (response.status_code, held.status) == (409, "held")
    assert "You have another visit then" in response.content.decode()


def test_staff_are_told_to_book_with_an_account_of_their_own(held, carol, sign_in):
    response = next_step(holding(sign_in(carol.user), "visitor"), held)

    assert (response.status_code, Patient.objects.count()) == (409, 0)
    assert "You are signed in as staff" in response.content.decode()


def test_the_way_shows_where_one_is(visitor, held):
    page = visitor.get(leading_back("account_signup", held)).content.decode()

    assert '<li aria-current="step"><b>2</b> <span>Account</span></li>' in page
    assert (
        "Thursday, December 3, 2026, 10:00\u202fAM, Eastern Time (New York), with Bob Ray."
        " It is kept for you until 10:10\u202fAM." in page
    )


def test_the_way_says_that_a_time_ran_out_but_not_where_the_page_does(ready, held, clock):
    clock.shift(10 * MINUTE)

    before = ready.get(leading_back("accounts:about_you", held)).content.decode()
    last = review(ready, held).content.decode()

    assert "Go on: at the next step we ask for it again." in before
    assert "Go on: at the next step we ask for it again." not in last
    assert "Hold it for me again" in last


def test_the_page_of_a_time_that_was_let_go_leads_to_the_one_that_is_held(visitor, dr_bob, carol):
    first = make_hold(dr_bob)
    first_id = first.id
    first.delete()  # as holding another does
    second = make_hold(carol)

    response = visitor.get(reverse("booking", args=[first_id]))

    page = plain(response.content.decode())
    assert response.status_code == 404
    assert "You hold another time now" in page
    assert plain("10:00\u202fAM, Eastern Time (New York), with Carol Fox, PsyD.") in page
    assert f'href="{reverse("booking", args=[second.id])}"' in page


def test_the_way_is_not_shown_to_who_holds_no_time(client, held):
    assert 'class="steps"' not in client.get(reverse("account_signup")).content.decode()


def test_the_hold_survives_signing_in(visitor, held, alice):
    EmailAddress.objects.create(user=alice.user, email=alice.user.email, verified=True)
    form = {"login": alice.user.email, "password": "four calm words here"}

    response = visitor.post(leading_back("account_login", held), form)

    assert response["Location"] == reverse("booking", args=[held.id])
    assert next_step(visitor, held)["Location"] == leading_back("care:consents", held)


def test_a_second_press_finds_the_visit_that_the_first_is_booking(ready, held, alice):
    """The first is committed between two looks of the second."""
    looks = []

    def book_after_the_first_look(execute, sql, *rest):
        answer = execute(sql, *rest)
        if 'FROM "appointments_appointment"' in sql and not looks:
            looks.append(sql)
            Appointment.objects.filter(id=held.id).update(
                status="booked", patient=alice, booked_at=NOW, held_until=None, holder=""
            )
        return answer

    with connection.execute_wrapper(book_after_the_first_look):
        response = review(ready, held, "post")

    assert len(looks) == 1
    assert response["Location"] == reverse("appointments:detail", args=[held.id])
