"""Payouts: what the card network sends to the practice's bank."""

from datetime import datetime

from django.db import transaction

from billing import gateways, ledger, payments
from billing.models import Account, Entry, Payment


@transaction.atomic
def refresh(*, payout_ref: str, now: datetime) -> None:
    """
    Something happened to a payout: ask what, and post it once it is paid.

    It names its payments, so those whose own news has not come yet are looked up first.
    """
    payout = gateways.connect(now=now).find_payout(payout_ref=payout_ref)
    if not payout.is_paid or not payout.amount_cents:
        return
    paid = Payment.objects.filter(movement_ref__in=[p.movement_ref for p in payout.payments])
    known = set(paid.values_list("movement_ref", flat=True))
    for payment in payout.payments:
        if payment.movement_ref not in known:
            payments.refresh(intent_ref=payment.intent_ref, now=now)
    paid.update(payout_ref=payout.ref)
    ledger.post(
        kind=Entry.Kind.PAYOUT,
        source_id=payout.ref,
        lines=[
            ledger.Leg(Account.BANK, payout.amount_cents),
            ledger.Leg(Account.STRIPE_BALANCE, -payout.amount_cents),
        ],
        by=None,
        now=now,
    )
