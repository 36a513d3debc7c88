"""What we rely on from the card network, asked of the simulator and, with a key, of Stripe.

STRIPE_TEST_KEY=sk_test_… pytest tests/billing/gateways -m verification
"""

import os
import uuid
from datetime import date

import pytest
import stripe

from billing.gateways import CardNotSaved, IntentStatus
from billing.gateways import stripe as our_stripe
from tests.factories import NOW

TEST_KEY = os.environ.get("STRIPE_TEST_KEY", "")
DECLINES = {
    "pm_card_chargeCustomerFail": "generic_decline",
    "pm_card_authenticationRequired": "authentication_required",
}


@pytest.fixture(params=["simulator", pytest.param("stripe", marks=pytest.mark.verification)])
def gateway(request, db):
    if request.param == "simulator":
        return our_stripe.with_simulator(now=NOW)
    if not TEST_KEY:
        pytest.skip("STRIPE_TEST_KEY is not set")
    return our_stripe.with_key(TEST_KEY)


@pytest.fixture
def customer(gateway):
    return gateway.create_customer(patient_ref=str(uuid.uuid4()))


@pytest.fixture
def collect(gateway, customer):
    """Charge a new customer's card; keywords replace the ordinary values."""

    def charge(card="pm_card_visa", **fields):
        method = gateway.v1.payment_methods.attach(card, {"customer": customer})
        values = {
            "payment_ref": str(uuid.uuid4()),
            "customer_ref": customer,
            "payment_method_ref": method.id,
            "amount_cents": 15000,
        }
        return gateway.collect(**values | fields)

    return charge


def test_a_patient_is_one_customer(gateway):
    ref = str(uuid.uuid4())

    assert gateway.create_customer(patient_ref=ref) == gateway.create_customer(patient_ref=ref)


def test_a_good_card_is_charged_with_the_fee(collect):
    intent = collect(payment_ref="", amount_cents=15000)

    assert (intent.status, intent.fee_cents) == (IntentStatus.SUCCEEDED, 465)  # 2.9 % + 30 cents
    assert intent.movement_ref.startswith("txn_")


def test_a_payment_knows_ours(collect):
    ref = str(uuid.uuid4())

    assert collect(payment_ref=ref).payment_ref == ref


def test_a_payment_asked_for_twice_is_one(gateway, collect, customer):
    method = gateway.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    ref = str(uuid.uuid4())

    first = collect(payment_ref=ref, payment_method_ref=method)
    again = collect(payment_ref=ref, payment_method_ref=method)

    assert again == first


def test_a_key_is_not_taken_for_another_amount(gateway, collect, customer):
    method = gateway.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    ref = str(uuid.uuid4())
    collect(payment_ref=ref, payment_method_ref=method)

    with pytest.raises(stripe.IdempotencyError):
        collect(payment_ref=ref, payment_method_ref=method, amount_cents=15001)


@pytest.mark.parametrize(("card", "code"), DECLINES.items())
def test_a_declined_charge_says_why(collect, card, code):
    intent = collect(card)

    assert (intent.status, intent.decline_code) == (IntentStatus.DECLINED, code)
    assert intent.ref.startswith("pi_")


def test_a_declined_charge_asked_for_twice_is_one(gateway, collect, customer):
    card = "pm_card_chargeCustomerFail"
    method = gateway.v1.payment_methods.attach(card, {"customer": customer}).id
    ref = str(uuid.uuid4())

    first = collect(payment_ref=ref, payment_method_ref=method)
    again = collect(payment_ref=ref, payment_method_ref=method)

    assert again == first


@pytest.mark.parametrize("card", ["pm_card_visa", *DECLINES])
def test_an_intent_is_found_as_it_was_answered(gateway, collect, card):
    intent = collect(card)

    assert gateway.find_intent(intent_ref=intent.ref) == intent


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ],
)
def test_a_bad_card_cannot_be_saved(gateway, customer, card, code):
    with pytest.raises(stripe.CardError) as refusal:
        gateway.v1.payment_methods.attach(card, {"customer": customer})

    problem = refusal.value.error
    assert (problem.decline_code or problem.code) == code


def test_somebody_elses_card_cannot_be_charged(gateway, collect):
    stranger = gateway.create_customer(patient_ref=str(uuid.uuid4()))

    intent = collect(customer_ref=stranger)

    assert (intent.status, intent.decline_code) == (IntentStatus.DECLINED, "invalid_request")


def test_a_card_that_is_gone_cannot_be_charged(collect):
    intent = collect(payment_method_ref="pm_gone")

    assert (intent.status, intent.decline_code) == (IntentStatus.DECLINED, "invalid_request")


def test_an_unknown_intent_is_refused(gateway):
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        gateway.find_intent(intent_ref="pi_unknown")


def test_a_tiny_amount_is_refused(collect):
    assert collect(amount_cents=49).decline_code == "invalid_request"


def test_a_movement_stands_for_each_payment(gateway, collect):
    intent = collect()

    nets = {movement.ref: movement.net_cents for movement in gateway.movements()}

    assert nets[intent.movement_ref] == 15000 - intent.fee_cents


def test_the_day_is_known_on_which_the_money_becomes_available(collect):
    assert isinstance(collect().available_on, date)


def test_a_page_for_a_card_is_opened(gateway, customer):
    ref = str(uuid.uuid4())
    back = "https://example.com/card/return/?next=/"
    setup = gateway.begin_card_setup(customer_ref=customer, patient_ref=ref, return_url=back)

    assert setup.url.startswith("http")
    with pytest.raises(CardNotSaved):
        gateway.finish_card_setup(setup_ref=setup.ref)


def test_a_setup_intent_saves_a_card(gateway, customer):
    intent = gateway.v1.setup_intents.create(
        {
            "customer": customer,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "usage": "off_session",
            "allowed_payment_method_types": ["card"],
        }
    )

    assert (intent.status, intent.usage, intent.customer) == ("succeeded", "off_session", customer)
