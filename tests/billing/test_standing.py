from datetime import timedelta

import pytest

from billing import payments
from billing.models import Payment
from billing.standing import standing_of
from tests.billing import steps
from tests.factories import NINE


@pytest.fixture
def declined(charge, confirm, alice):
    steps.save_card(alice, steps.DECLINED_LATER)
    confirm()
    steps.do("payment.collect")
    return charge


def test_a_draft_waits_for_the_provider(charge):
    assert standing_of(charge).state == "draft"


def test_without_a_card_the_charge_is_unpaid(charge, confirm):
    confirm()

    assert (standing_of(charge).state, standing_of(charge).has_new_card) == ("unpaid", False)


def test_the_card_that_was_declined_is_not_a_new_one(declined):
    standing = standing_of(declined)

    assert (standing.state, standing.has_new_card) == ("declined", False)


def test_the_card_that_replaced_it_is_a_new_one(declined, alice):
    steps.save_card(alice)

    assert standing_of(declined).has_new_card


def test_what_is_paid_is_paid_whatever_was_declined_after_it(declined, alice):
    card = steps.save_card(alice)
    first = declined.payments.get()
    later = {"charge": declined, "card": card, "amount_cents": 15000}
    later |= {"started_at": NINE + timedelta(days=1), "settled_at": NINE + timedelta(days=1)}
    Payment.objects.create(status="failed", **later)
    payments.settle(payment=first, intent=steps.succeeded(first), now=NINE)

    assert (standing_of(declined).state, standing_of(declined).payment) == ("paid", first)
