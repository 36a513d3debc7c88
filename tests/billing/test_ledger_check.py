import json

import pytest
from django.core.management import CommandError, call_command

from billing import gateways
from billing.models import Account, Entry, Line, Payment
from tests import web_role
from tests.billing import steps
from tests.factories import NOW


@pytest.fixture
def check(capsys):
    """Run the command. Return its exit code and its document."""

    def run():
        code = 0
        try:
            call_command("ledger_check", "--json")
        except CommandError as problem:
            code = problem.returncode
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def paid(card, confirm):
    payment = confirm()
    steps.do("payment.collect")
    payment.refresh_from_db()
    return payment


@pytest.fixture
def unguarded(db):
    """A database whose triggers are asleep, as it may be after a restore."""
    with web_role.unguarded():
        yield


EMPTY = {
    "trial_balance_cents": 0,
    "entries": 0,
    "unbalanced": [],
    "clearing": {"stripe-balance": 0},
    "provider_differences": [],
}


def test_empty_books_add_up(db, check):
    assert check() == (0, EMPTY)


def test_books_with_a_payment_add_up(check, paid):
    assert check() == (0, EMPTY | {"entries": 2, "clearing": {"stripe-balance": 14535}})


def test_after_the_payout_nothing_is_on_the_way(check, paid):
    steps.pay_out()

    assert check() == (0, EMPTY | {"entries": 3})


def test_an_entry_that_does_not_balance_is_found(practice, check, unguarded):
    entry = Entry.objects.create(kind="charge", source_id="x", lines_count=1, posted_at=NOW)
    Line.objects.create(entry=entry, account=Account.REVENUE, amount_cents=-7)

    code, result = check()

    assert (code, result["trial_balance_cents"], result["unbalanced"]) == (1, -7, [str(entry.pk)])


def test_an_entry_that_lost_a_pair_of_lines_is_found(practice, check, unguarded):
    entry = Entry.objects.create(kind="charge", source_id="x", lines_count=4, posted_at=NOW)
    for cents in (5, -5):
        Line.objects.create(entry=entry, account=Account.REVENUE, amount_cents=cents)

    code, result = check()

    assert (code, result["trial_balance_cents"], result["unbalanced"]) == (1, 0, [str(entry.pk)])


def test_money_that_the_card_network_has_and_the_books_have_not_is_found(check, card, confirm):
    payment = confirm()
    intent = gateways.connect(now=NOW).collect(
        payment_ref=str(payment.pk),
        customer_ref=card.customer_ref,
        payment_method_ref=card.payment_method_ref,
        amount_cents=payment.amount_cents,
    )

    code, result = check()

    difference = {"ref": intent.movement_ref, "ledger_cents": 0, "provider_cents": 14535}
    assert (code, result["provider_differences"]) == (1, [difference])


def test_money_that_only_the_books_have_is_found(check, paid):
    Payment.objects.filter(pk=paid.pk).update(movement_ref="txn_unknown")

    code, result = check()

    assert code == 1
    assert {"ref": "txn_unknown", "ledger_cents": 14535, "provider_cents": 0} in result[
        "provider_differences"
    ]


def test_without_a_gateway_the_books_alone_are_checked(check, paid, settings):
    settings.STRIPE_SIMULATOR = False

    assert check()[0] == 0


def test_a_person_gets_words(db, capsys):
    call_command("ledger_check")

    assert "trial_balance_cents: 0" in capsys.readouterr().out
