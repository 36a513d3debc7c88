"""The page on which a test card is typed."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from billing import cards
from billing.models import CardOnFile, SimulatedObject
from tests.billing import steps
from tests.factories import NOW

GOOD = {"number": "4242 4242 4242 4242", "expires": "12/34", "cvc": "123"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def address(alice):
    return cards.begin_setup(patient=alice, return_url=steps.RETURN_URL, now=NOW)


@pytest.fixture
def type_card(sign_in, alice, address):
    client = sign_in(alice.user)
    return lambda **fields: client.post(address, GOOD | fields)


def text_of(response):
    return " ".join(response.content.decode().split())


def test_the_page_shows_that_it_is_a_test_and_which_cards_there_are(sign_in, alice, address):
    page = text_of(sign_in(alice.user).get(address))

    assert "TEST: no money moves." in page
    for number in ["4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 0069"]:
        assert number in page


def test_a_test_card_leads_back_with_the_setup(type_card):
    answer = type_card()

    assert answer.status_code == 302
    assert answer.url.startswith(f"{steps.RETURN_URL}?setup=cs_test_")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4000000000000002", "The bank declined this card. Try another one."),
        ("4000000000009995", "The bank says there is not enough money on this card."),
        ("4000000000000069", "This card has expired. Use another one."),
    ],
)
def test_a_card_that_cannot_be_saved_is_422_and_the_page_stays(type_card, number, words):
    refused = type_card(number=number)

    assert refused.status_code == 422
    assert words in text_of(refused)
    assert f'value="{number}"' in text_of(refused)
    assert type_card().status_code == 302


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"number": "4111111111111111"}, "This is not a test card. Choose one from the list."),
        ({"number": ""}, "Fill this in to go on."),
        ({"expires": "13/34"}, "Type month and year, such as 12/34."),
        ({"expires": "soon"}, "Type month and year, such as 12/34."),
        ({"expires": "11/26"}, "This card has expired. Use another one."),
        ({"cvc": "12"}, "Type the three digits, such as 123."),
    ],
)
def test_what_cannot_be_read_is_422(type_card, fields, words):
    answer = type_card(**fields)

    assert answer.status_code == 422
    assert words in text_of(answer)


@pytest.mark.parametrize("expires", ["12/26", "12/2026", " 1 / 27 ", "01/27"])
def test_a_card_is_good_until_the_end_of_its_month(type_card, expires):
    assert type_card(expires=expires).status_code == 302


def test_what_is_typed_is_kept_nowhere(type_card):
    type_card()

    everything = str(list(SimulatedObject.objects.values_list("body", flat=True)))
    assert "4242424242424242" not in everything.replace(" ", "")


def test_a_page_works_once(type_card):
    type_card()

    again = type_card()

    assert again.status_code == 409
    assert "This page was used already" in text_of(again)
    assert SimulatedObject.objects.filter(object="payment_method").count() == 1


def test_a_page_works_for_one_day(type_card):
    with time_machine.travel(NOW + timedelta(hours=25), tick=False):
        assert type_card().status_code == 409


def test_going_back_without_a_card_leads_to_where_one_came_from(sign_in, alice, address):
    page = text_of(sign_in(alice.user).get(address))

    assert f'href="{steps.RETURN_URL}">Go back without a card' in page
    assert CardOnFile.objects.count() == 0


@pytest.mark.parametrize("who", ["mallory", "dr_bob"])
def test_the_page_of_somebody_else_is_404(request, sign_in, address, who):
    client = sign_in(request.getfixturevalue(who).user)

    assert (client.get(address).status_code, client.post(address, GOOD).status_code) == (404, 404)


def test_an_unknown_page_is_404(sign_in, alice):
    address = reverse("billing:simulator_checkout", args=["cs_test_unknown"])

    assert sign_in(alice.user).get(address).status_code == 404


def test_without_the_simulator_there_is_no_page(sign_in, alice, address, settings):
    settings.STRIPE_SIMULATOR = False

    assert sign_in(alice.user).get(address).status_code == 404
