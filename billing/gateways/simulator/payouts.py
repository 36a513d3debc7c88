"""What the practice's bank account gets: one automatic payout for each day of available money."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.db import connection

from billing.gateways.simulator import events
from billing.gateways.simulator.memory import Body, create, find, listed, save
from billing.models import SimulatedObject
from core import duties, outbox
from core.policy import CARD_NETWORK, serves

LOCK = 0x5041594F  # "PAYO": two payments at once must not open two payouts for one day


def payout_on(day: date, *, now: datetime) -> Body:
    """Return the open payout that arrives on `day`; the first payment of the day opens it."""
    arrives_at = datetime.combine(day, time(), UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if found := listed("payout", arrival_date=int(arrives_at.timestamp()), status="pending"):
        return found[0]
    payout = create(
        "payout",
        "po",
        now=now,
        amount=0,
        arrival_date=int(arrives_at.timestamp()),
        automatic=True,
        currency="usd",
        method="standard",
        status="pending",
        type="bank_account",
        balance_transaction=None,
    )
    outbox.enqueue(
        "simulator.payout", key=payout["id"], payload={"payout": payout["id"]}, due_at=arrives_at
    )
    return payout


def add(payout: Body, movement: Body) -> None:
    save(payout | {"amount": payout["amount"] + movement["net"]})


@duties.handler("simulator.payout")
@serves(CARD_NETWORK)
def pay_out(payload: dict[str, Any], now: datetime) -> None:
    """Send the day's money to the bank and say so, once."""
    payout = find("payout", payload["payout"])
    if payout["status"] == "paid":
        return
    within = listed("balance_transaction", payout=payout["id"])
    SimulatedObject.objects.bulk_update(
        [SimulatedObject(id=m["id"], body=m | {"status": "available"}) for m in within], ["body"]
    )
    movement = create(
        "balance_transaction",
        "txn",
        now=now,
        type="payout",
        reporting_category="payout",
        source=payout["id"],
        amount=-payout["amount"],
        fee=0,
        net=-payout["amount"],
        currency="usd",
        available_on=payout["arrival_date"],
        status="available",
        payout=payout["id"],
    )
    save(payout | {"status": "paid", "balance_transaction": movement["id"]})
    events.emit("payout.paid", payout["id"], now=now)
