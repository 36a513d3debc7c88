from datetime import timedelta

import pytest

from billing import payments, payouts
from billing.gateways.simulator import payouts as simulated_payouts
from billing.models import Entry, Payment, SimulatedObject
from tests.billing import steps
from tests.factories import NINE, NOW

PAYDAY = NOW + timedelta(days=2)


@pytest.fixture
def paid(card, confirm):
    """A payment that the card network has, and its payout."""
    payment = confirm()
    steps.do("payment.collect")
    payment.refresh_from_db()
    return payment


def payout_ref():
    return SimulatedObject.objects.get(object="payout").id


def test_a_payout_moves_the_money_to_the_bank(paid):
    steps.do("simulator.payout", now=PAYDAY)
    payouts.refresh(payout_ref=payout_ref(), now=PAYDAY)

    lines = Entry.objects.get(kind="payout").lines.values_list("account", "amount_cents")
    assert sorted(lines) == [("bank", 14535), ("stripe-balance", -14535)]
    paid.refresh_from_db()
    assert paid.payout_ref == payout_ref()


def test_news_of_a_payout_twice_is_one_entry(paid):
    steps.do("simulator.payout", now=PAYDAY)

    payouts.refresh(payout_ref=payout_ref(), now=PAYDAY)
    payouts.refresh(payout_ref=payout_ref(), now=PAYDAY)

    assert Entry.objects.filter(kind="payout").count() == 1


def test_a_payout_that_is_sent_twice_moves_the_money_once(paid):
    for _ in range(2):
        simulated_payouts.pay_out({"payout": payout_ref()}, PAYDAY)

    sent = SimulatedObject.objects.filter(object="balance_transaction", body__type="payout")
    assert [row.body["net"] for row in sent] == [-14535]


def test_a_payout_that_is_on_its_way_is_not_posted(paid):
    payouts.refresh(payout_ref=payout_ref(), now=NOW)

    assert Entry.objects.filter(kind="payout").count() == 0


def test_a_payout_brings_the_news_of_its_payments(paid, confirm):
    """The payment's own webhook is lost, or comes later: its money must not be forgotten."""
    Payment.objects.filter(pk=paid.pk).update(
        status="pending", settled_at=None, movement_ref="", intent_ref="", fee_cents=None
    )
    steps.do("simulator.payout", now=PAYDAY)

    payouts.refresh(payout_ref=payout_ref(), now=PAYDAY)

    paid.refresh_from_db()
    assert (paid.status, paid.payout_ref) == ("succeeded", payout_ref())


def test_payments_of_one_day_share_a_payout(paid):
    Payment.objects.filter(pk=paid.pk).update(status="failed")
    again = payments.start(charge=paid.charge, card=paid.card, now=NINE)
    payments.collect({"payment": str(again.pk)}, NOW)

    payout = SimulatedObject.objects.get(object="payout")
    assert (payout.body["amount"], payout.body["status"]) == (2 * 14535, "pending")
