"""Payouts: what the card network sends to the practice's bank."""

from datetime import datetime

from django.db import transaction

from billing import gateways, ledger
from billing.models import Account, Entry, Payment


@transaction.atomic
def refresh(*, payout_ref: str, now: datetime) -> None:
    """Something happened to a payout: ask what, and post it once it is paid."""
    payout = gateways.connect(now=now).find_payout(payout_ref=payout_ref)
    if not payout.is_paid or not payout.amount_cents:
        return
    Payment.objects.filter(movement_ref__in=payout.movement_refs).update(payout_ref=payout.ref)
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
