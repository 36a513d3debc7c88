"""Whether the books add up, and agree with the balance that the card network keeps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from billing import gateways
from billing.models import Account, Entry, Line, Payment


@dataclass(frozen=True)
class Check:
    trial_balance_cents: int  # of all lines; zero
    entries: int
    unbalanced: list[str]  # ids of entries that are not whole
    clearing: dict[str, int]  # cents on the way from one place to another
    provider_differences: list[dict[str, Any]]

    @property
    def adds_up(self) -> bool:
        return not (self.trial_balance_cents or self.unbalanced or self.provider_differences)


def check(*, now: datetime) -> Check:
    """Look at every entry. The database refuses what is found here; a restored one might not."""
    return Check(
        trial_balance_cents=balance(Line.objects.all()),
        entries=Entry.objects.count(),
        unbalanced=[str(pk) for pk in not_whole()],
        clearing={
            Account.STRIPE_BALANCE.value: balance(
                Line.objects.filter(account=Account.STRIPE_BALANCE)
            )
        },
        provider_differences=provider_differences(now=now),
    )


def balance(lines: Any) -> int:
    total: int = lines.aggregate(total=Coalesce(Sum("amount_cents"), 0))["total"]
    return total


def not_whole() -> Any:
    sums = Entry.objects.annotate(
        found_count=Count("lines"), sum_cents=Coalesce(Sum("lines__amount_cents"), 0)
    )
    wrong = ~Q(sum_cents=0) | ~Q(found_count=F("lines_count"))
    return sums.filter(wrong).order_by("posted_at").values_list("pk", flat=True)


def provider_differences(*, now: datetime) -> list[dict[str, Any]]:
    """Compare each movement of the balance with the line that should stand for it."""
    try:
        gateway = gateways.connect(now=now)
    except gateways.NoGateway:
        return []
    theirs = {
        movement.source_ref if movement.is_payout else movement.ref: movement.net_cents
        for movement in gateway.movements()
    }
    ours = balance_by_ref()
    return [
        {"ref": ref, "ledger_cents": ours.get(ref, 0), "provider_cents": theirs.get(ref, 0)}
        for ref in sorted(ours.keys() | theirs.keys())
        if ours.get(ref, 0) != theirs.get(ref, 0)
    ]


def balance_by_ref() -> dict[str, int]:
    """What the books say about the balance: cents by payout, and by movement of a payment."""
    moved = Line.objects.filter(account=Account.STRIPE_BALANCE).values(
        "entry__kind", "entry__source_id"
    )
    refs = {
        str(pk): ref
        for pk, ref in Payment.objects.filter(status=Payment.Status.SUCCEEDED).values_list(
            "pk", "movement_ref"
        )
    }
    return {
        refs.get(row["entry__source_id"], row["entry__source_id"]): row["cents"]
        for row in moved.annotate(cents=Sum("amount_cents"))
    }
