"""The books as billing staff read them: entries, totals, and the money on its way to the bank."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import Membership, User
from billing.models import Account, Entry, Line, Payment


@dataclass(frozen=True)
class Totals:
    charged_cents: int
    paid_cents: int
    fee_cents: int
    paid_out_cents: int


@dataclass(frozen=True)
class PendingPayout:
    expected_on: date
    amount_cents: int


def zone_for(user: User) -> ZoneInfo:
    """The zone of the practice whose books `user` keeps."""
    kept = user.memberships.filter(role=Membership.Role.BILLING)
    return ZoneInfo(kept.values_list("practice__zone", flat=True)[0])


def entries(*, day: date | None, zone: ZoneInfo) -> QuerySet[Entry]:
    """The entries, newest first, with their lines; of one day of `zone`'s calendar, or all."""
    lines = Line.objects.select_related("patient").order_by("pk")
    found = Entry.objects.filter(on_day(day, zone)).prefetch_related(Prefetch("lines", lines))
    return found.order_by("-posted_at", "-pk")


def totals(*, day: date | None, zone: ZoneInfo) -> Totals:
    """Sums of the same entries, each as a positive amount."""
    lines = Line.objects.filter(on_day(day, zone, prefix="entry__"))
    paid = Q(account=Account.PATIENT_RECEIVABLE, entry__kind=Entry.Kind.PAYMENT)
    sums = lines.aggregate(
        charged=cents(Q(account=Account.REVENUE)),
        paid=cents(paid),
        fee=cents(Q(account=Account.CARD_FEES)),
        paid_out=cents(Q(account=Account.BANK)),
    )
    return Totals(-sums["charged"], -sums["paid"], sums["fee"], sums["paid_out"])


def owed_cents() -> int:
    """What patients owe at this moment."""
    owed = Line.objects.filter(account=Account.PATIENT_RECEIVABLE)
    total: int = owed.aggregate(total=cents(Q()))["total"]
    return total


def pending_payouts() -> list[PendingPayout]:
    """What Stripe holds for the practice, by the day on which it is due at the bank."""
    waiting = Payment.objects.filter(status=Payment.Status.SUCCEEDED, payout_ref="")
    days = waiting.values("available_on").order_by("available_on")
    return [
        PendingPayout(row["available_on"], row["cents"])
        for row in days.annotate(cents=Sum(F("amount_cents") - F("fee_cents")))
    ]


def cents(which: Q) -> Coalesce:
    return Coalesce(Sum("amount_cents", filter=which), 0)


def on_day(day: date | None, zone: ZoneInfo, *, prefix: str = "") -> Q:
    if day is None:
        return Q()
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return Q(**{f"{prefix}posted_at__gte": start, f"{prefix}posted_at__lt": end})
