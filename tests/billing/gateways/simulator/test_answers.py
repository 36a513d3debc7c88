"""What the simulator answers beyond the contract: Stripe's manners around the edges."""

import pytest
import stripe

from billing.gateways import stripe as our_stripe
from billing.gateways.simulator.payments import fee_of
from billing.models import SimulatedObject
from tests.factories import NOW
from tests.threads import at_once


@pytest.fixture
def v1(db):
    return our_stripe.with_simulator(now=NOW).v1


@pytest.fixture
def customer(v1):
    return v1.customers.create({"metadata": {"patient": "p"}}).id


@pytest.fixture
def pay(v1, customer):
    method = v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    params = {
        "amount": 1000,
        "currency": "usd",
        "customer": customer,
        "payment_method": method,
        "confirm": True,
        "off_session": True,
    }
    return lambda **fields: v1.payment_intents.create(params | fields)


@pytest.mark.parametrize(
    ("amount_cents", "fee_cents"), [(50, 31), (1000, 59), (15000, 465), (15017, 465), (15018, 466)]
)
def test_the_fee_is_rounded_to_the_nearest_cent(amount_cents, fee_cents):
    assert fee_of(amount_cents) == fee_cents


def test_an_address_that_is_not_known_is_404(v1):
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        v1.refunds.create({"charge": "ch_a"})


def test_a_missing_parameter_is_named(v1):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.payment_intents.create({"currency": "usd"})

    assert (refusal.value.param, refusal.value.http_status) == ("amount", 400)


def test_a_page_that_takes_money_is_not_known(v1, customer):
    with pytest.raises(stripe.InvalidRequestError, match="mode=setup"):
        v1.checkout.sessions.create({"mode": "payment", "customer": customer})


def test_a_refusal_leaves_nothing_behind(v1, customer, pay):
    before = SimulatedObject.objects.count()

    with pytest.raises(stripe.InvalidRequestError):
        pay(amount=10)

    assert SimulatedObject.objects.count() == before


def test_a_card_is_attached_to_one_customer(v1, customer):
    method = v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    other = v1.customers.create({}).id

    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        v1.payment_methods.attach(method, {"customer": other})


def test_lists_come_in_pages(v1, pay):
    refs = [pay().latest_charge for _ in range(5)]

    found = v1.balance_transactions.list({"limit": 2}).auto_paging_iter()

    assert sorted(movement.source for movement in found) == sorted(refs)


def test_one_key_used_at_once_by_six_makes_one_customer(transactional_db):
    v1 = our_stripe.with_simulator(now=NOW).v1

    made = at_once(6, lambda _: v1.customers.create({}, {"idempotency_key": "one"}).id)

    assert (len(set(made)), SimulatedObject.objects.count()) == (1, 1)


def test_payments_made_at_once_share_one_payout(transactional_db):
    v1 = our_stripe.with_simulator(now=NOW).v1
    customers = [v1.customers.create({}).id for _ in range(6)]

    def pay(number):
        customer = customers[number]
        method = v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
        return v1.payment_intents.create(
            {
                "amount": 1000,
                "currency": "usd",
                "customer": customer,
                "payment_method": method,
                "confirm": True,
                "off_session": True,
            }
        ).status

    assert at_once(6, pay) == ["succeeded"] * 6
    payout = SimulatedObject.objects.get(object="payout")
    assert payout.body["amount"] == 6 * (1000 - 59)
