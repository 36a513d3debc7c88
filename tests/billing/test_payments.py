from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts import contact
from billing import charges, gateways, payments
from billing.models import Entry, Payment, SimulatedObject
from core.models import AuditEvent, Duty
from tests.billing import steps
from tests.factories import NINE, NOW
from tests.threads import at_once


@pytest.fixture
def payment(card, confirm):
    """The attempt that follows dr_bob's confirmation, with alice's good card."""
    return confirm()


@pytest.fixture
def declined(alice, confirm):
    """An attempt with a card that can be saved and is declined when charged."""
    steps.save_card(alice, steps.DECLINED_LATER)
    payment = confirm()
    collect(payment)
    payment.refresh_from_db()
    return payment


def collect(payment):
    payments.collect({"payment": str(payment.pk)}, NINE)


def charged_count():
    """How often the card network has taken money."""
    return SimulatedObject.objects.filter(object="charge").count()


def payment_lines():
    lines = Entry.objects.get(kind="payment").lines
    return sorted(
        (line.account, line.amount_cents, line.patient and line.patient.legal_name)
        for line in lines.select_related("patient")
    )


def test_a_good_card_pays(payment):
    assert steps.do("payment.collect") == []

    payment.refresh_from_db()
    assert (payment.status, payment.fee_cents, payment.settled_at) == ("succeeded", 465, NOW)
    assert payment.available_on == date(2026, 12, 3)  # two days after the collection


def test_a_payment_is_posted_with_its_fee(payment):
    collect(payment)

    assert payment_lines() == [
        ("card-fees", 465, None),
        ("patient-receivable", -15000, "Alice Doe"),
        ("stripe-balance", 14535, None),
    ]


def test_collecting_twice_takes_the_money_once(payment):
    collect(payment)
    collect(payment)

    assert (charged_count(), Entry.objects.filter(kind="payment").count()) == (1, 1)


def test_a_crash_between_the_charge_and_the_books_takes_the_money_once(payment):
    gateways.connect(now=NINE).collect(
        payment_ref=str(payment.pk),
        customer_ref=payment.card.customer_ref,
        payment_method_ref=payment.card.payment_method_ref,
        amount_cents=payment.amount_cents,
    )

    collect(payment)

    payment.refresh_from_db()
    assert (payment.status, charged_count()) == ("succeeded", 1)


def test_eight_who_collect_at_once_take_the_money_once(transactional_db, payment):
    results = at_once(8, lambda _: collect(payment))

    assert results == [None] * 8
    assert (charged_count(), Entry.objects.filter(kind="payment").count()) == (1, 1)


def test_a_paid_charge_is_told_by_mail(payment, mailoutbox):
    collect(payment)
    steps.do("notice.payment")

    assert [mail.subject for mail in mailoutbox] == ["Your receipt is ready"]


def test_who_wants_no_mail_gets_none_about_money(payment, alice, mailoutbox):
    contact.save_rules(
        patient=alice,
        by=alice.user,
        now=NOW,
        by_mail=False,
        by_text=False,
        may_leave_message=False,
        safe_hours=None,
    )
    collect(payment)

    steps.do("notice.payment")

    assert mailoutbox == []
    assert Duty.objects.get(kind="notice.payment").error == "NotChosen"


def test_a_declined_card_is_no_payment(declined):
    assert (declined.status, declined.decline_code) == ("failed", "generic_decline")
    assert list(Entry.objects.values_list("kind", flat=True)) == ["charge"]


def test_a_card_that_needs_approval_takes_the_same_road(alice, confirm):
    steps.save_card(alice, steps.NEEDS_APPROVAL)
    payment = confirm()

    collect(payment)

    payment.refresh_from_db()
    assert (payment.status, payment.decline_code) == ("failed", "authentication_required")


def test_a_decline_is_told_by_mail_in_neutral_words(declined, mailoutbox):
    steps.do("notice.payment")

    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["alice@example.com"], "A payment needs your attention")
    receipt = f"/receipts/{declined.charge.pk}/"
    assert receipt in mail.body
    words = mail.subject + mail.body.replace(receipt, "")  # whose key may hold any three digits
    for word in ["Alice", "Bob", "Lakeside", "visit", "therap", "90834", "150"]:
        assert word not in words


def test_another_card_pays_after_a_decline(declined, alice):
    steps.save_card(alice)
    again = payments.retry(charge=declined.charge, by=alice.user, now=NINE)
    collect(again)

    again.refresh_from_db()
    assert (again.status, again.pk == declined.pk) == ("succeeded", False)
    assert Entry.objects.filter(kind="payment").get().source_id == str(again.pk)


def test_a_mail_that_comes_late_says_what_is_true_by_then(declined, alice, mailoutbox):
    steps.save_card(alice)
    collect(payments.retry(charge=declined.charge, by=alice.user, now=NINE))
    steps.do("notice.payment")

    assert {mail.subject for mail in mailoutbox} == {"Your receipt is ready"}


def test_paying_again_while_a_payment_is_under_way_is_the_same_payment(payment, alice):
    again = payments.retry(charge=payment.charge, by=alice.user, now=NINE)

    assert (again, Payment.objects.count()) == (payment, 1)


def test_paying_again_what_is_paid_is_the_same_payment(payment, alice):
    collect(payment)

    assert payments.retry(charge=payment.charge, by=alice.user, now=NINE) == payment


def test_six_who_pay_at_once_make_one_payment(transactional_db, declined, alice):
    def pay(_):
        return payments.retry(charge=declined.charge, by=alice.user, now=NINE).pk

    results = at_once(6, pay)

    assert (len(set(results)), Payment.objects.exclude(status="failed").count()) == (1, 1)


def test_who_pays_again_is_on_the_audit_trail(declined, alice):
    again = payments.retry(charge=declined.charge, by=alice.user, now=NINE)

    event = AuditEvent.objects.get(action="payment.retried")
    assert (event.by_id, event.subject_id) == (alice.user.pk, str(again.pk))


def test_a_draft_cannot_be_paid(charge, card, alice):
    with pytest.raises(payments.NothingOwed):
        payments.retry(charge=charge, by=alice.user, now=NINE)


def test_a_visit_that_costs_nothing_cannot_be_paid(visit, card, alice, dr_bob):
    steps.attend(visit, minutes=5)
    charge = charges.draft(appointment=visit, now=NINE)
    charges.confirm(charge=charge, by=dr_bob.user, now=NINE)

    with pytest.raises(payments.NothingOwed):
        payments.retry(charge=charge, by=alice.user, now=NINE)


def test_without_a_card_nothing_is_paid(charge, confirm, alice):
    confirm()

    with pytest.raises(payments.NoCard):
        payments.retry(charge=charge, by=alice.user, now=NINE)


def test_a_card_added_later_pays_what_was_owed(charge, confirm, alice):
    confirm()
    steps.save_card(alice)

    collect(payments.retry(charge=charge, by=alice.user, now=NINE))

    assert charge.payments.get().status == "succeeded"


# News that comes late, twice and out of order.


def intent(payment, **fields):
    values = {"ref": "pi_a", "payment_ref": str(payment.pk), "status": "succeeded"}
    if fields.get("status", "succeeded") == "succeeded":
        values |= {"movement_ref": "txn_a", "fee_cents": 465, "available_on": date(2026, 12, 5)}
    return gateways.Intent(**values | fields)


def settle(payment, **fields):
    payments.settle(payment=payment, intent=intent(payment, **fields), now=NINE)
    payment.refresh_from_db()
    return payment.status


def test_an_open_intent_changes_nothing(payment):
    assert settle(payment, status="open") == "pending"


def test_a_paid_payment_never_goes_back(payment):
    settle(payment)

    assert settle(payment, status="declined", decline_code="generic_decline") == "succeeded"
    assert settle(payment, status="open") == "succeeded"


def test_a_declined_payment_that_succeeds_after_all_is_paid(payment):
    settle(payment, status="declined", decline_code="generic_decline")

    assert settle(payment) == "succeeded"
    assert Entry.objects.filter(kind="payment").count() == 1


def test_a_late_success_beside_another_payment_goes_to_a_person(declined, card, alice):
    payments.retry(charge=declined.charge, by=alice.user, now=NINE)

    with pytest.raises(payments.PaidTwice):
        payments.settle(payment=declined, intent=intent(declined), now=NINE)


def test_news_of_an_intent_that_is_not_ours_is_left_alone(payment):
    gateway = gateways.connect(now=NOW)
    for ref in ["", "order 7", str(payment.charge.pk)]:
        foreign = gateway.collect(
            payment_ref=ref,
            customer_ref=payment.card.customer_ref,
            payment_method_ref=payment.card.payment_method_ref,
            amount_cents=900,
        )
        payments.refresh(intent_ref=foreign.ref, now=NOW)

    payment.refresh_from_db()
    assert payment.status == "pending"


def test_without_a_gateway_the_payment_waits(payment, settings):
    settings.STRIPE_SIMULATOR = False

    assert steps.do("payment.collect") == ["NoGateway"]

    payment.refresh_from_db()
    assert (payment.status, Duty.objects.get(kind="payment.collect").dead_at) == ("pending", None)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("payment_settled_at_unless_pending", {"settled_at": NINE}),
        ("payment_settled_at_unless_pending", {"status": "failed"}),
        ("payment_succeeded_with_fee", {"status": "succeeded", "settled_at": NINE}),
        ("payment_fee_within_amount", {"fee_cents": 15001}),
    ],
)
def test_the_database_refuses_an_impossible_payment(payment, name, fields):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Payment.objects.update(**fields)


def test_the_database_refuses_a_second_open_payment(payment):
    with pytest.raises(IntegrityError, match="payment_one_open_or_paid"), transaction.atomic():
        payments.start(charge=payment.charge, card=payment.card, now=NINE + timedelta(days=1))


def test_the_database_refuses_one_movement_for_two_payments(declined, alice):
    steps.save_card(alice)
    settle(payments.retry(charge=declined.charge, by=alice.user, now=NINE))

    with pytest.raises(IntegrityError, match="payment_moved_once"), transaction.atomic():
        Payment.objects.filter(pk=declined.pk).update(movement_ref="txn_a")
