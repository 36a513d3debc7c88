"""Pages about money, as people reach them."""

from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.urls import reverse

from appointments.models import Attendance
from billing import cards, charges, payments
from billing.models import CardOnFile, Entry, Payment
from tests.billing import steps
from tests.factories import NINE, NOW, RECORDED, SCOPED, end_all_care, make_visit

NEXT = "/visits/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def text_of(response):
    return " ".join(response.content.decode().split())


# The card.


def test_the_page_of_the_card_says_what_will_happen(sign_in, alice):
    page = text_of(sign_in(alice.user).get(reverse("billing:card")))

    assert "Nothing is charged today." in page
    assert "The fee that was shown when you chose the time." in page


def test_the_page_of_the_card_names_the_fee_of_the_booking(sign_in, alice, visit):
    onward = reverse("booking", args=[visit.pk])

    page = text_of(sign_in(alice.user).get(reverse("billing:card"), {"next": onward}))

    assert "$150.00 for the visit." in page


def test_the_page_of_the_card_shows_the_card_in_use(sign_in, alice, card):
    page = text_of(sign_in(alice.user).get(reverse("billing:card"), {"next": NEXT}))

    assert "Visa ending in 4242, valid until January 2030" in page
    assert 'href="/visits/">Keep this card and go on' in page


def test_adding_a_card_leads_to_the_card_network_and_back(sign_in, alice):
    client = sign_in(alice.user)

    there = client.post(reverse("billing:card"), {"next": NEXT})
    form = {"number": "4242 4242 4242 4242", "expires": "01/30", "cvc": "123"}
    back = client.post(there.url, form)
    done = client.get(back.url)

    assert (there.status_code, back.status_code) == (302, 302)
    assert (done.status_code, done.url) == (302, NEXT)
    assert cards.in_use(alice).last4 == "4242"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_a_next_that_leads_away_is_not_followed(sign_in, alice, card, address):
    page = text_of(sign_in(alice.user).get(reverse("billing:card"), {"next": address}))

    assert f'href="{reverse("home")}">Keep this card and go on' in page


def test_coming_back_without_a_card_is_no_harm(sign_in, alice):
    client = sign_in(alice.user)

    page = client.get(reverse("billing:card_return"), {"next": NEXT}, follow=True)

    assert page.redirect_chain == [(f"/card/?next={quote(NEXT, safe='')}", 302)]
    assert "No card was added, and none was charged." in text_of(page)


def test_coming_back_twice_is_one_card(sign_in, alice):
    client = sign_in(alice.user)
    there = client.post(reverse("billing:card"), {"next": NEXT})
    form = {"number": "4242424242424242", "expires": "01/30", "cvc": "123"}
    back = client.post(there.url, form).url

    assert [client.get(back).url, client.get(back).url] == [NEXT, NEXT]
    assert CardOnFile.objects.count() == 1


def test_a_look_at_the_way_back_puts_no_card_on_file(sign_in, alice):
    setup_ref = steps.type_card(
        cards.begin_setup(patient=alice, return_url=steps.RETURN_URL, now=NOW)
    )

    head = sign_in(alice.user).head(reverse("billing:card_return"), {"setup": setup_ref})

    assert (head.status_code, CardOnFile.objects.count()) == (302, 0)


def test_coming_back_with_the_card_of_somebody_else_is_404(sign_in, alice, mallory):
    url = cards.begin_setup(patient=alice, return_url=steps.RETURN_URL, now=NOW)
    setup_ref = steps.type_card(url)

    page = sign_in(mallory.user).get(reverse("billing:card_return"), {"setup": setup_ref})

    assert (page.status_code, CardOnFile.objects.count()) == (404, 0)


@pytest.mark.parametrize("name", ["billing:card", "billing:card_return"])
def test_who_is_no_patient_has_no_card(sign_in, dr_bob, name):
    assert sign_in(dr_bob.user).get(reverse(name)).status_code == 404


def test_without_a_gateway_the_page_says_so(sign_in, alice, settings):
    settings.STRIPE_SIMULATOR = False

    page = sign_in(alice.user).post(reverse("billing:card"), {"next": NEXT})

    assert page.status_code == 503
    assert "Please call us at 312-555-0100." in text_of(page)


# The charge, which the provider confirms.


def charge_page(client, charge):
    return text_of(client.get(reverse("billing:charge", args=[charge.pk])))


def test_the_charge_says_what_happened(sign_in, charge, card, dr_bob):
    page = charge_page(sign_in(dr_bob.user), charge)

    for words in [
        "Alice Doe",
        "Thursday, December 3, 2026, 9:00 AM, Central Time (Chicago)",
        "50 minutes",
        "90834 · Talk therapy, 38 to 52 minutes",
        "At the patient&#x27;s home (10)",
        "By video (95)",
        "$150.00",
        "Visa ending in 4242",
        "Confirm the charge of $150.00",
    ]:
        assert words in page


def test_confirming_leads_back_to_the_charge(sign_in, charge, card, dr_bob):
    client = sign_in(dr_bob.user)
    address = reverse("billing:create_confirmation", args=[charge.pk])

    answers = [client.post(address), client.post(address)]

    assert {answer.url for answer in answers} == {reverse("billing:charge", args=[charge.pk])}
    assert (Entry.objects.count(), Payment.objects.count()) == (1, 1)


def test_a_payment_under_way_is_looked_at_again_by_itself(sign_in, charge, card, confirm, dr_bob):
    client = sign_in(dr_bob.user)
    confirm()

    before = charge_page(client, charge)
    steps.do("payment.collect")
    after = charge_page(client, charge)

    assert "The payment is on its way." in before
    assert 'hx-trigger="every 2s"' in before
    assert "Confirmed and paid." in after
    assert "hx-trigger" not in after


def test_a_decline_is_told_to_the_provider(sign_in, charge, confirm, alice, dr_bob):
    steps.save_card(alice, steps.DECLINED_LATER)
    confirm()
    steps.do("payment.collect")

    assert "The card was declined. We have told the patient" in charge_page(
        sign_in(dr_bob.user), charge
    )


def test_without_a_card_the_provider_sees_what_will_happen(sign_in, charge, confirm, dr_bob):
    client = sign_in(dr_bob.user)

    before = charge_page(client, charge)
    confirm()
    after = charge_page(client, charge)

    assert "No card is on file. We will ask the patient" in before
    assert "No card is on file. We have asked the patient to add one." in after


def test_a_short_visit_has_nothing_to_charge(sign_in, visit, dr_bob):
    steps.attend(visit, minutes=9)
    charge = steps.draft(visit)
    client = sign_in(dr_bob.user)

    before = charge_page(client, charge)
    client.post(reverse("billing:create_confirmation", args=[charge.pk]))
    after = charge_page(client, charge)

    assert "Confirm: nothing to charge" in before
    assert "Confirmed. There was nothing to charge." in after


def test_a_visit_longer_than_a_day_is_shown_as_a_day_and_says_so(sign_in, visit, charge, dr_bob):
    usual = charge_page(sign_in(dr_bob.user), charge)
    charge.delete()
    Attendance.objects.filter(appointment=visit).update(ended_at=NINE + timedelta(days=30))

    page = charge_page(sign_in(dr_bob.user), steps.draft(visit))

    words = "A whole day or more was recorded"
    assert ("1440 minutes" in page, words in page, words in usual) == (True, True, False)
    assert "90837" in page


# The receipt.


def receipt_page(client, charge):
    return text_of(client.get(reverse("billing:receipt", args=[charge.pk])))


@pytest.fixture
def declined(charge, confirm, alice):
    steps.save_card(alice, steps.DECLINED_LATER)
    confirm()
    steps.do("payment.collect")
    return charge


def test_the_receipt_says_what_was_paid(sign_in, charge, card, confirm, alice):
    confirm()
    steps.do("payment.collect")

    page = receipt_page(sign_in(alice.user), charge)

    for words in [
        "Paid in full: $150.00.",
        "Thursday, December 3, 2026, 9:00 AM, Central Time (Chicago)",
        "Bob Ray, PsyD",
        "Visa ending in 4242",
        "Lakeside Practice",
        "312-555-0100",
    ]:
        assert words in page


def test_a_declined_card_is_told_kindly_with_the_way_on(sign_in, declined, alice):
    page = receipt_page(sign_in(alice.user), declined)

    for words in [
        "This happens to many people, and your care goes on as before.",
        "Visa ending in 0341",
        "The bank did not allow the payment. It did not tell us why.",
        'class="btn" href="/card/?next=/receipts/',
        "Use another card",
        "Try this card again",
    ]:
        assert words in page


def test_for_a_declined_payment_the_card_page_says_when_it_is_charged(sign_in, declined, alice):
    here = reverse("billing:receipt", args=[declined.pk])
    client = sign_in(alice.user)

    page = text_of(client.get(reverse("billing:card"), {"next": here}))
    there = client.post(reverse("billing:card"), {"next": here})
    form = {"number": steps.GOOD, "expires": "01/30", "cvc": "123"}
    after = text_of(client.get(client.post(there.url, form).url, follow=True))

    assert "Nothing is charged today." not in page
    assert "You pay on the next page, when you press the button there" in page
    assert "$150.00, for the visit that you had." in page
    assert '<button class="btn" type="submit">Use another card</button>' in page
    assert "Your card is on file. Pay with it here when you are ready." in after
    assert "Nothing has been charged." not in after


def test_another_persons_receipt_changes_nothing_on_the_card_page(sign_in, declined, mallory):
    here = reverse("billing:receipt", args=[declined.pk])

    page = text_of(sign_in(mallory.user).get(reverse("billing:card"), {"next": here}))

    assert "Nothing is charged today." in page


def test_with_another_card_paying_is_the_way_on(sign_in, declined, alice):
    client = sign_in(alice.user)
    steps.save_card(alice)

    before = receipt_page(client, declined)
    answer = client.post(reverse("billing:create_payment", args=[declined.pk]))
    steps.do("payment.collect")
    after = receipt_page(client, declined)

    assert "Pay $150.00 now with the card ending in 4242" in before
    assert answer.url == reverse("billing:receipt", args=[declined.pk])
    assert "Paid in full: $150.00." in after


def test_paying_twice_is_one_payment(sign_in, declined, alice):
    client = sign_in(alice.user)
    steps.save_card(alice)
    address = reverse("billing:create_payment", args=[declined.pk])

    client.post(address)
    client.post(address)

    assert declined.payments.exclude(status="failed").count() == 1


def test_paying_without_a_card_leads_to_the_card(sign_in, charge, confirm, alice):
    confirm()
    client = sign_in(alice.user)

    page = receipt_page(client, charge)
    answer = client.post(reverse("billing:create_payment", args=[charge.pk]))

    assert "This visit is not paid yet: $150.00." in page
    assert answer.url.startswith("/card/?next=")


def test_a_visit_that_costs_nothing_cannot_be_paid(sign_in, visit, alice, dr_bob):
    steps.attend(visit, minutes=9)
    charge = steps.draft(visit)
    sign_in(dr_bob.user).post(reverse("billing:create_confirmation", args=[charge.pk]))
    client = sign_in(alice.user)

    page = receipt_page(client, charge)
    answer = client.post(reverse("billing:create_payment", args=[charge.pk]))

    assert "There is nothing to pay." in page
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("insufficient_funds", "there was not enough money on the card"),
        ("expired_card", "The card has expired."),
        ("invalid_request", "The fault may be ours, and nothing was taken."),
        ("authentication_required", "approve each payment with this card yourself"),
    ],
)
def test_the_reason_of_a_decline_is_told_in_words(sign_in, declined, alice, code, words):
    Payment.objects.update(decline_code=code)

    assert words in receipt_page(sign_in(alice.user), declined)


# Nobody else.

OWN_PAGES = {
    ("get", "billing:charge"): "dr_bob",
    ("post", "billing:create_confirmation"): "dr_bob",
    ("get", "billing:receipt"): "alice",
    ("post", "billing:create_payment"): "alice",
}


@pytest.mark.parametrize(("method", "name"), OWN_PAGES)
@pytest.mark.parametrize("who", ["alice", "dr_bob", "carol", "mallory", "biller"])
def test_the_page_of_a_charge_is_there_for_its_own_people_only(
    request, sign_in, declined, method, name, who
):
    person = request.getfixturevalue(who)
    client = sign_in(getattr(person, "user", person))

    status = getattr(client, method)(reverse(name, args=[declined.pk])).status_code

    assert (status == 404) == (OWN_PAGES[method, name] != who)


@pytest.mark.parametrize(("method", "name"), OWN_PAGES)
def test_who_is_not_signed_in_is_asked_to(client, declined, method, name):
    answer = getattr(client, method)(reverse(name, args=[declined.pk]))

    assert answer.url.startswith(reverse("account_login"))


def test_the_receipt_of_a_draft_is_not_there(sign_in, charge, alice):
    answer = sign_in(alice.user).get(reverse("billing:receipt", args=[charge.pk]))

    assert answer.status_code == 404


# The books.


@pytest.fixture
def ledger(sign_in, biller):
    client = sign_in(biller)
    client.cookies["zone"] = "Asia/Tokyo"  # the books keep the practice's calendar all the same
    return lambda **query: client.get(reverse("billing:ledger"), query)


@pytest.mark.parametrize("who", ["alice", "dr_bob", "mallory"])
def test_the_ledger_is_there_for_billing_staff_only(request, sign_in, who):
    client = sign_in(request.getfixturevalue(who).user)

    assert client.get(reverse("billing:ledger")).status_code == 404


def test_an_empty_ledger_says_how_it_begins(ledger):
    page = text_of(ledger())

    assert "The first entry appears when a therapist confirms the charge of a visit." in page
    assert "Stripe holds no money of yours at the moment." in page


def test_the_ledger_shows_entries_fee_and_pending_payout(ledger, card, confirm):
    confirm()
    steps.do("payment.collect")

    page = text_of(ledger())

    for words in [
        "Visit charged",
        "Card payment",
        "Owed by patients · Alice Doe",
        "-$150.00",
        'Card fees</td><td class="num">$4.65',
        "<strong>$145.35</strong> pending payout, expected from Stripe on Thursday, December 3",
        "Patients owe $0.00 now.",
        "Thursday, December 3, 2026, 9:00 AM",
        "Times are in Central Time (Chicago).",
    ]:
        assert words in page


def test_what_is_paid_out_is_no_longer_pending(ledger, card, confirm):
    confirm()
    steps.do("payment.collect")
    steps.pay_out()

    page = text_of(ledger())

    assert "Stripe holds no money of yours at the moment." in page
    assert "Payout to the bank" in page


def test_the_totals_are_those_of_the_entries_shown(ledger, charge, card, confirm):
    confirm()  # on the 3rd
    payments.collect({"payment": str(charge.payments.get().pk)}, NINE + timedelta(days=1))

    totals = [ledger(day=day).context["totals"] for day in ["2026-12-03", "2026-12-04", ""]]

    assert [(t.charged_cents, t.paid_cents, t.fee_cents) for t in totals] == [
        (15000, 0, 0),
        (0, 15000, 465),
        (15000, 15000, 465),
    ]


def test_a_day_is_a_day_of_the_practice(ledger, charge, card, dr_bob):
    """Half past eleven in the evening in Chicago is the next day in UTC."""
    evening = NINE.replace(day=4, hour=5, minute=30)
    steps.charges.confirm(charge=charge, by=dr_bob.user, now=evening)

    shown = [len(ledger(day=day).context["page"]) for day in ["2026-12-03", "2026-12-04"]]

    assert shown == [1, 0]


def test_a_day_without_entries_says_so(ledger, card, confirm):
    confirm()

    assert "Nothing was posted on this day." in text_of(ledger(day="2026-12-25"))


def test_a_day_that_is_none_is_422_with_what_was_typed(ledger):
    answer = ledger(day="yesterday")

    assert answer.status_code == 422
    assert 'value="yesterday"' in text_of(answer)
    assert "Write the date as month/day/year, such as 05/04/1991." in text_of(answer)


def test_long_books_have_pages_that_keep_the_day(ledger, biller):
    for number in range(26):
        steps.post_something(number)

    page = text_of(ledger(day="2026-12-03"))

    assert "Page 1 of 2" in page
    assert "?day=2026-12-03&amp;page=2" in page
    assert len(ledger(day="2026-12-03", page=2).context["page"]) == 1


@pytest.mark.parametrize("entries_count", [1, 3])
def test_the_ledger_asks_the_same_number_of_questions(
    ledger, alice, entries_count, django_assert_num_queries
):
    for number in range(entries_count):
        steps.post_something(number, patient=alice)
    ledger()  # what is asked once a process is not counted

    with django_assert_num_queries(14 + RECORDED + SCOPED):
        ledger()


def test_a_visit_with_another_patient_is_not_on_the_receipt(sign_in, charge, card, confirm, alice):
    """What could leak: the same provider's visit with somebody else."""
    make_visit(charge.appointment.provider, alice, starts_at=NINE + timedelta(days=7))
    confirm()

    assert "December 10" not in receipt_page(sign_in(alice.user), charge)


# What cannot be read.


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2200-01-01"])
def test_a_day_without_books_is_said_beside_the_field(sign_in, biller, day):
    page = sign_in(biller).get(reverse("billing:ledger"), {"day": day})

    assert page.status_code == 422
    assert "Check the year: there are no books of it." in text_of(page)


@pytest.mark.parametrize("day", ["2000-01-01", "2199-12-31"])
def test_the_books_have_room_for_days_far_off(sign_in, biller, day):
    assert sign_in(biller).get(reverse("billing:ledger"), {"day": day}).status_code == 200


def test_coming_back_without_a_gateway_shows_the_same_calm_page(sign_in, alice, settings):
    settings.STRIPE_SIMULATOR = False

    page = sign_in(alice.user).get(reverse("billing:card_return"), {"setup": "cs_1"})

    assert page.status_code == 503
    assert "Please call us at 312-555-0100." in text_of(page)


def test_paying_what_is_not_owed_is_refused_in_words(sign_in, alice, charge, confirm, card):
    confirm()
    type(charge).objects.filter(pk=charge.pk).update(amount_cents=0)

    page = sign_in(alice.user).post(reverse("billing:create_payment", args=[charge.pk]))

    assert page.status_code == 409
    assert "There is nothing to pay for this visit." in text_of(page)


def test_after_the_end_of_care_the_charge_is_closed_to_the_provider(charge, sign_in, dr_bob):
    his = sign_in(dr_bob.user)
    address = reverse("billing:charge", args=[charge.pk])
    before = his.get(address).status_code
    end_all_care()

    after = [
        his.get(address).status_code,
        his.post(reverse("billing:create_confirmation", args=[charge.pk])).status_code,
    ]

    charge.refresh_from_db()
    assert (before, after, charge.status) == (200, [404, 404], "draft")


# All receipts.


def receipts_of(visits):
    """Let each visit have taken place and its charge be confirmed."""
    for visit in visits:
        steps.attend(visit)
        draft = charges.draft(appointment=visit, now=NINE)
        charges.confirm(charge=draft, by=visit.provider.user, now=NINE)


@pytest.mark.parametrize("count", [1, 3])
def test_a_patient_finds_every_receipt_in_one_list(
    sign_in, alice, mallory, dr_bob, card, django_assert_num_queries, count
):
    days = [timedelta(days=number) for number in range(count)]
    hers = [make_visit(dr_bob, alice, starts_at=NINE - day) for day in days]
    receipts_of([*hers, make_visit(dr_bob, mallory, starts_at=NINE + timedelta(days=1))])
    client = sign_in(alice.user)

    with django_assert_num_queries(8 + SCOPED):
        page = client.get(reverse("billing:receipt_list"))

    links = [
        f'href="{reverse("billing:receipt", args=[visit.charges.get().pk])}"' for visit in hers
    ]
    places = [page.content.decode().index(link) for link in links]
    assert places == sorted(places)
    assert text_of(page).count("In progress") == count


def test_a_receipt_in_the_list_says_how_it_stands(sign_in, alice, dr_bob):
    receipts_of([make_visit(dr_bob, alice, starts_at=NINE)])  # there is no card to charge

    page = text_of(sign_in(alice.user).get(reverse("billing:receipt_list")))

    assert '<span class="chip chip--warm">Not paid yet</span>' in page


def test_without_receipts_the_list_says_when_one_comes(sign_in, alice):
    page = text_of(sign_in(alice.user).get(reverse("billing:receipt_list")))

    assert "After a visit, its receipt appears here." in page
