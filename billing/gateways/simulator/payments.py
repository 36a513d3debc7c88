"""Payment intents, and what they leave behind: a charge, and a movement of the balance."""

from datetime import UTC, datetime, time, timedelta

from billing.gateways.simulator import cards, events, payouts
from billing.gateways.simulator.asked import Asked
from billing.gateways.simulator.memory import Body, Refused, create, find, save

FEE_PER_MILLE = 29
FEE_CENTS = 30
AVAILABLE_AFTER = timedelta(days=2)
SMALLEST_CENTS = 50


def fee_of(amount_cents: int) -> int:
    """2.9 % + 30 cents, half a cent rounded up."""
    return (amount_cents * FEE_PER_MILLE + 500) // 1000 + FEE_CENTS


def create_payment_intent(asked: Asked) -> tuple[int, Body]:
    """Confirm at once and off session: the only way in which we charge."""
    amount_cents = int(asked.required("amount"))
    if amount_cents < SMALLEST_CENTS:
        message = "Amount must be at least $0.50 usd"
        raise Refused(
            400, "invalid_request_error", message, code="amount_too_small", param="amount"
        )
    customer = find("customer", asked.required("customer"))["id"]
    method = find("payment_method", asked.required("payment_method"))
    if method["customer"] != customer:
        message = f"The PaymentMethod {method['id']} does not belong to the Customer {customer}."
        raise Refused(400, "invalid_request_error", message, param="payment_method")
    intent = create(
        "payment_intent",
        "pi",
        now=asked.now,
        amount=amount_cents,
        amount_received=0,
        currency=asked.required("currency"),
        customer=customer,
        payment_method=method["id"],
        payment_method_types=["card"],
        capture_method="automatic",
        confirmation_method="automatic",
        status="requires_payment_method",
        last_payment_error=None,
        latest_charge=None,
        metadata=asked.nested("metadata"),
    )
    return charge(intent, method, now=asked.now)


def charge(intent: Body, method: Body, *, now: datetime) -> tuple[int, Body]:
    if code := cards.BY_NAME[method["simulator_card"]].declines_charge:
        error = cards.decline(code)
        save(intent | {"last_payment_error": error | {"payment_method": method}})
        events.emit("payment_intent.payment_failed", intent["id"], now=now)
        return 402, {"error": error | {"payment_intent": find("payment_intent", intent["id"])}}
    charged = create(
        "charge",
        "ch",
        now=now,
        amount=intent["amount"],
        amount_captured=intent["amount"],
        captured=True,
        paid=True,
        status="succeeded",
        currency=intent["currency"],
        customer=intent["customer"],
        payment_intent=intent["id"],
        payment_method=method["id"],
        balance_transaction=None,
        metadata=intent["metadata"],
    )
    movement = move_balance(charged, now=now)
    save(charged | {"balance_transaction": movement["id"]})
    paid = {"status": "succeeded", "amount_received": intent["amount"]}
    events.emit("payment_intent.succeeded", intent["id"], now=now)
    return 200, save(intent | paid | {"latest_charge": charged["id"]})


def move_balance(charged: Body, *, now: datetime) -> Body:
    fee_cents = fee_of(charged["amount"])
    available_on = (now + AVAILABLE_AFTER).astimezone(UTC).date()
    payout = payouts.payout_on(available_on, now=now)
    midnight = datetime.combine(available_on, time(), UTC)
    movement = create(
        "balance_transaction",
        "txn",
        now=now,
        type="charge",
        reporting_category="charge",
        source=charged["id"],
        amount=charged["amount"],
        fee=fee_cents,
        net=charged["amount"] - fee_cents,
        currency=charged["currency"],
        available_on=int(midnight.timestamp()),
        status="pending",
        payout=payout["id"],
    )
    payouts.add(payout, movement)
    return movement
