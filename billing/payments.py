"""Collecting a charge from a card, and what each answer of the card network does to the books."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from billing import cards, gateways, ledger, notices
from billing.gateways import Intent, IntentStatus
from billing.models import Account, CardOnFile, Charge, Entry, Payment
from core import audit, duties, outbox
from core.policy import CARD_NETWORK, serves


class NoCard(Exception):
    """There is no card to charge."""


class NothingOwed(Exception):
    """The charge is not confirmed, or costs nothing."""


class PaidTwice(duties.CannotBeDone):
    """A payment that was declined has succeeded after all, and another one is under way."""


def start(*, charge: Charge, card: CardOnFile, now: datetime) -> Payment:
    """Begin an attempt. Its row is there before the card network hears of it."""
    payment = Payment.objects.create(
        charge=charge, card=card, amount_cents=charge.amount_cents, started_at=now
    )
    outbox.enqueue(
        "payment.collect", key=str(payment.pk), payload={"payment": str(payment.pk)}, due_at=now
    )
    return payment


@transaction.atomic
def retry(*, charge: Charge, by: User, now: datetime) -> Payment:
    """
    Try once more with the card in use. While an attempt is under way, or after one succeeded,
    asking again returns that one.

    :raises NothingOwed:
    :raises NoCard:
    """
    charge = Charge.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    if charge.status != Charge.Status.CONFIRMED or not charge.amount_cents:
        raise NothingOwed
    if standing := charge.payments.exclude(status=Payment.Status.FAILED).first():
        return standing
    card = cards.in_use(charge.owed_by())
    if card is None:
        raise NoCard
    payment = start(charge=charge, card=card, now=now)
    audit.record("payment.retried", subject=payment, by=by, at=now, patient_id=card.patient_id)
    return payment


@duties.handler("payment.collect")
@serves(CARD_NETWORK)
@transaction.atomic
def collect(payload: dict[str, Any], now: datetime) -> None:
    """Charge the card. Safe to run twice: the payment's id is the idempotency key."""
    payment = locked(payload["payment"])
    if payment is None or payment.status != Payment.Status.PENDING:
        return
    intent = gateways.connect(now=now).collect(
        payment_ref=str(payment.pk),
        customer_ref=payment.card.customer_ref,
        payment_method_ref=payment.card.payment_method_ref,
        amount_cents=payment.amount_cents,
    )
    settle(payment=payment, intent=intent, now=now)


@transaction.atomic
def refresh(*, intent_ref: str, now: datetime) -> None:
    """Something happened to an intent: ask what, and take it into the books.

    The practice may use its Stripe account for other things as well: those are left alone.
    """
    intent = gateways.connect(now=now).find_intent(intent_ref=intent_ref)
    payment = locked(intent.payment_ref) if is_uuid(intent.payment_ref) else None
    if payment is not None:
        settle(payment=payment, intent=intent, now=now)


@transaction.atomic
def settle(*, payment: Payment, intent: Intent, now: datetime) -> None:
    """
    Move a payment, whose row the caller has locked, to where the card network says it is.

    News that is old, or known, changes nothing.

    :raises PaidTwice: for a person to refund
    """
    if intent.status == IntentStatus.SUCCEEDED and payment.may_become(Payment.Status.SUCCEEDED):
        enter_success(payment=payment, intent=intent, now=now)
    elif intent.status == IntentStatus.DECLINED and payment.may_become(Payment.Status.FAILED):
        payment.fail(intent_ref=intent.ref, decline_code=intent.decline_code, now=now)
    else:
        return
    notices.tell_settled(payment=payment, now=now)


def enter_success(*, payment: Payment, intent: Intent, now: datetime) -> None:
    """Note the money and post it: the fee is Stripe's, the rest is on the practice's balance."""
    try:
        with transaction.atomic():
            payment.succeed(
                intent_ref=intent.ref,
                movement_ref=intent.movement_ref,
                fee_cents=intent.fee_cents,
                available_on=intent.available_on,
                now=now,
            )
    except IntegrityError as conflict:
        raise PaidTwice from conflict
    patient = payment.charge.owed_by()
    ledger.post(
        kind=Entry.Kind.PAYMENT,
        source_id=str(payment.pk),
        lines=[
            ledger.Leg(Account.STRIPE_BALANCE, payment.amount_cents - intent.fee_cents),
            ledger.Leg(Account.CARD_FEES, intent.fee_cents),
            ledger.Leg(Account.PATIENT_RECEIVABLE, -payment.amount_cents, patient),
        ],
        by=None,
        now=now,
    )


def locked(payment_id: str) -> Payment | None:
    rows = Payment.objects.select_related("charge__appointment__patient__user", "card")
    return rows.select_for_update(of=("self",)).filter(pk=payment_id).first()


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
