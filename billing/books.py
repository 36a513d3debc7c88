"""The books as billing staff read them: entries, totals, and the money on its way to the bank."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts import patients
from accounts.models import Practice
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


def of_practice(practice: Practice) -> QuerySet[Entry]:
    """The entries of a practice: of its patients, and, for the practice whose Stripe account the
    site has, those that name nobody."""
    named = Line.objects.filter(entry=OuterRef("pk"), patient__isnull=False)
    hers = Exists(named.filter(patient__practice=practice))
    if practice == patients.own_practice():
        return Entry.objects.filter(Q(hers) | ~Q(Exists(named)))
    return Entry.objects.filter(hers)


def entries(practice: Practice, *, day: date | None) -> QuerySet[Entry]:
    """The entries, newest first, with their lines; of one day of its calendar, or all."""
    lines = Line.objects.select_related("patient").order_by("pk")
    found = of_practice(practice).filter(on_day(day, ZoneInfo(practice.zone)))
    return found.prefetch_related(Prefetch("lines", lines)).order_by("-posted_at", "-pk")


def totals(practice: Practice, *, day: date | None) -> Totals:
    """Sums of the same entries, each as a positive amount."""
    posted = of_practice(practice).filter(on_day(day, ZoneInfo(practice.zone)))
    lines = Line.objects.filter(entry__in=posted)
    paid = Q(account=Account.PATIENT_RECEIVABLE, entry__kind=Entry.Kind.PAYMENT)
    sums = lines.aggregate(
        charged=cents(Q(account__in=[Account.REVENUE, Account.FEE_REVENUE])),
        paid=cents(paid),
        fee=cents(Q(account=Account.CARD_FEES)),
        paid_out=cents(Q(account=Account.BANK)),
    )
    return Totals(-sums["charged"], -sums["paid"], sums["fee"], sums["paid_out"])


def owed_cents(practice: Practice) -> int:
    """What its patients owe at this moment."""
    owed = Line.objects.filter(account=Account.PATIENT_RECEIVABLE, patient__practice=practice)
    total: int = owed.aggregate(total=cents(Q()))["total"]
    return total


def pending_payouts(practice: Practice) -> list[PendingPayout]:
    """What Stripe holds for the practice, by the day on which it is due at the bank."""
    of_patients = Payment.objects.filter(charge__appointment__patient__practice=practice)
    waiting = of_patients.filter(status=Payment.Status.SUCCEEDED, payout_ref="")
    days = waiting.values("available_on").order_by("available_on")
    return [
        PendingPayout(row["available_on"], row["cents"])
        for row in days.annotate(cents=Sum(F("amount_cents") - F("fee_cents")))
    ]


def cents(which: Q) -> Coalesce:
    return Coalesce(Sum("amount_cents", filter=which), 0)


def on_day(day: date | None, zone: ZoneInfo) -> Q:
    if day is None:
        return Q()
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return Q(posted_at__gte=start, posted_at__lt=end)
