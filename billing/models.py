"""Cards, charges, payments, and the ledger that accounts for every cent."""

import uuid
from datetime import date, datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.care_team import in_care
from accounts.models import Patient, User
from appointments.models import Appointment
from billing.proposals import FeeDecision, FeeProposal
from billing.triggers import ENTRYS_PRACTICE

__all__ = [
    "Account",
    "CardOnFile",
    "Charge",
    "Entry",
    "FeeDecision",
    "FeeProposal",
    "Line",
    "Payment",
    "SimulatedAnswer",
    "SimulatedObject",
    "WebhookEvent",
]


class Account(models.TextChoices):
    """The chart of accounts. Debits are positive, credits negative; an entry sums to zero."""

    PATIENT_RECEIVABLE = "patient-receivable", _("Owed by patients")
    STRIPE_BALANCE = "stripe-balance", _("Stripe balance, not paid out yet")
    BANK = "bank", _("Bank")
    REVENUE = "revenue", _("Revenue from visits")
    FEE_REVENUE = "fee-revenue", _("Fees for missed visits")
    CARD_FEES = "card-fees", _("Card fees")


class Entry(models.Model):
    """One event in the books. Append-only; each source posts once; a mistake is reversed."""

    class Kind(models.TextChoices):
        CHARGE = "charge", _("Visit charged")
        PAYMENT = "payment", _("Card payment")
        PAYOUT = "payout", _("Payout to the bank")
        REVERSAL = "reversal", _("Correction")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    source_id = models.CharField(max_length=64)  # of the charge, payment, payout or entry
    lines_count = models.PositiveSmallIntegerField()  # seals the entry: no line can join it later
    posted_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    class Privacy:
        phi = ("posted_at",)
        plain = ("id", "kind", "source_id", "lines_count", "by", "reverses")

    class Tenancy:
        found_by = ENTRYS_PRACTICE

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id"], name="entry_once_a_source"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | ~Q(kind="reversal") & Q(reverses=None),
                name="entry_reversal_of_something",
            ),
        ]
        indexes = [models.Index(fields=["-posted_at", "-id"], name="entry_newest_first")]

    def __str__(self) -> str:
        return f"entry {self.id}"


class Line(models.Model):
    """One leg of an entry."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lines")
    account = models.CharField(max_length=24, choices=Account)
    amount_cents = models.BigIntegerField()
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")

    class Privacy:
        phi = ("patient", "amount_cents")
        plain = ("entry", "account")

    class Tenancy:
        of = "entry"
        agrees = ("patient",)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="line_not_zero"),
            models.CheckConstraint(
                condition=Q(account__in=Account.values), name="line_account_known"
            ),
        ]
        indexes = [models.Index(fields=["account"], name="line_by_account")]


class CardOnFile(models.Model):
    """A card that the patient agreed to be charged on. Stripe has the number; we have its name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="cards")
    customer_ref = models.CharField(max_length=64)  # cus_…
    payment_method_ref = models.CharField(max_length=64)  # pm_…
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    expires_on = models.DateField()  # the last day of its month
    saved_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Privacy:
        phi = ("patient", "customer_ref", "payment_method_ref", "brand", "last4", "expires_on")
        plain = ("id", "saved_at", "replaced_at")

    class Tenancy:
        of = "patient"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(replaced_at=None), name="card_one_in_use"
            ),
            models.UniqueConstraint(fields=["payment_method_ref"], name="card_once"),
            models.CheckConstraint(condition=Q(last4__regex=r"^\d{4}$"), name="card_last4_digits"),
        ]

    def __str__(self) -> str:
        return f"card {self.id}"

    @property
    def words(self) -> str:
        """How people tell their cards apart: "Visa ending in 4242"."""
        return gettext("%(brand)s ending in %(last4)s") % {
            "brand": self.brand.title(),
            "last4": self.last4,
        }


class ChargeQuerySet(models.QuerySet["Charge"]):
    def of_visits(self) -> Self:
        """Those for visits that took place, and no fees for those that did not."""
        return self.filter(proposal=None)

    def of_provider(self, user: User) -> Self:
        """Those that `user` codes and confirms: from her own visits, while care goes on."""
        return self.of_visits().filter(
            in_care(user, patient="appointment__patient", provider="appointment__provider")
        )

    def of_patient(self, user: User) -> Self:
        """Those that `user` owes or has paid. A draft is not yet hers to see."""
        return self.filter(appointment__patient__user=user, status=Charge.Status.CONFIRMED)

    def with_visit(self) -> Self:
        """With the people and the practice that a page about it names."""
        related = ("appointment__patient", "appointment__provider__practice", "proposal")
        return self.select_related(*related)

    def newest_first(self) -> Self:
        """By the time of the visit, with the payments that tell how each stands."""
        return self.with_visit().prefetch_related("payments").order_by("-appointment__starts_at")


class Charge(models.Model):
    """What a visit costs, coded from what happened in it; or, without any code, a fee for one that
    did not take place. FHIR ChargeItem, X12 SV1."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("To confirm")
        CONFIRMED = "confirmed", _("Confirmed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="charges")
    proposal = models.OneToOneField(FeeProposal, models.PROTECT, null=True, related_name="charge")
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    cpt = models.CharField(max_length=5, blank=True)  # blank: too short for any code
    modifier = models.CharField(max_length=2, blank=True)  # 95 video, 93 audio only
    place_of_service = models.CharField(max_length=2, blank=True)  # 10 at home, 02 elsewhere
    minutes = models.PositiveSmallIntegerField()
    amount_cents = models.PositiveIntegerField()
    drafted_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Privacy:
        phi = ("appointment", "cpt", "modifier", "place_of_service", "minutes", "amount_cents")
        plain = ("id", "proposal", "status", "drafted_at", "confirmed_at", "confirmed_by")

    class Tenancy:
        of = "appointment"
        agrees = ("proposal",)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft", confirmed_at=None, confirmed_by=None)
                | Q(status="confirmed", confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="charge_confirmed_by_someone",
            ),
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(proposal=None), name="charge_of_visit_once"
            ),
            models.CheckConstraint(
                condition=Q(proposal__isnull=False) | Q(place_of_service__in=["10", "02"]),
                name="charge_place_known",
            ),
            models.CheckConstraint(
                condition=Q(proposal__isnull=False) | Q(modifier__in=["95", "93"]),
                name="charge_modifier_known",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents=0) | ~Q(cpt="") | Q(proposal__isnull=False),
                name="charge_amount_needs_code",
            ),
            # Nothing was done in it, so there is nothing that an insurance could pay for.
            models.CheckConstraint(
                condition=Q(proposal=None)
                | Q(status="confirmed", cpt="", modifier="", place_of_service="", minutes=0),
                name="charge_fee_has_no_codes",
            ),
        ]

    def __str__(self) -> str:
        return f"charge {self.id}"

    def owed_by(self) -> Patient:
        patient = self.appointment.patient
        assert patient is not None  # only a hold has none, and it cannot be fulfilled
        return patient

    def latest_payment(self) -> "Payment | None":
        """The attempt that is under way or has succeeded, else the last that was declined."""
        is_failed = Q(status=Payment.Status.FAILED)
        attempts = self.payments.select_related("card").annotate(is_failed=is_failed)
        return attempts.order_by("is_failed", "-started_at").first()

    def confirm(self, *, by: User, now: datetime) -> None:
        self.status = self.Status.CONFIRMED
        self.confirmed_by, self.confirmed_at = by, now
        self.save(update_fields=["status", "confirmed_by", "confirmed_at"])


class Payment(models.Model):
    """One attempt to collect a charge from a card. Its id is Stripe's idempotency key."""

    class Status(models.TextChoices):
        PENDING = "pending", _("In progress")
        SUCCEEDED = "succeeded", _("Paid")
        FAILED = "failed", _("Declined")

    # News of a payment may come late, twice and out of order; it only ever moves forward.
    NEXT: ClassVar[dict[str, set[str]]] = {
        Status.PENDING: {Status.SUCCEEDED, Status.FAILED},
        Status.FAILED: {Status.SUCCEEDED},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charge = models.ForeignKey(Charge, models.PROTECT, related_name="payments")
    card = models.ForeignKey(CardOnFile, models.PROTECT, related_name="payments")
    amount_cents = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    started_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    intent_ref = models.CharField(max_length=64, blank=True)  # pi_…
    movement_ref = models.CharField(max_length=64, blank=True)  # txn_…, a balance transaction
    fee_cents = models.PositiveIntegerField(null=True)
    available_on = models.DateField(null=True)  # when Stripe lets go of the money
    payout_ref = models.CharField(max_length=64, blank=True)  # po_…, once it is on its way
    decline_code = models.CharField(max_length=60, blank=True)

    class Privacy:
        phi = ("amount_cents", "status", "decline_code")
        plain = (
            "id", "charge", "card", "started_at", "settled_at", "intent_ref",
            "movement_ref", "fee_cents", "available_on", "payout_ref",
        )  # fmt: skip

    class Tenancy:
        of = "charge"
        agrees = ("card",)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charge"],
                condition=Q(status__in=["pending", "succeeded"]),
                name="payment_one_open_or_paid",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", settled_at=None)
                | ~Q(status="pending") & Q(settled_at__isnull=False),
                name="payment_settled_at_unless_pending",
            ),
            models.CheckConstraint(
                condition=~Q(status="succeeded")
                | Q(fee_cents__isnull=False, available_on__isnull=False)
                & ~Q(intent_ref="")
                & ~Q(movement_ref=""),
                name="payment_succeeded_with_fee",
            ),
            models.UniqueConstraint(
                fields=["movement_ref"], condition=~Q(movement_ref=""), name="payment_moved_once"
            ),
            models.CheckConstraint(
                condition=Q(fee_cents=None) | Q(fee_cents__lte=F("amount_cents")),
                name="payment_fee_within_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.id}"

    def may_become(self, status: str) -> bool:
        return status in self.NEXT.get(self.status, ())

    def succeed(
        self,
        *,
        intent_ref: str,
        movement_ref: str,
        fee_cents: int,
        available_on: date | None,
        now: datetime,
    ) -> None:
        self.status, self.settled_at, self.decline_code = self.Status.SUCCEEDED, now, ""
        self.intent_ref, self.movement_ref = intent_ref, movement_ref
        self.fee_cents, self.available_on = fee_cents, available_on
        self.save()

    def fail(self, *, intent_ref: str, decline_code: str, now: datetime) -> None:
        self.status, self.settled_at = self.Status.FAILED, now
        self.intent_ref, self.decline_code = intent_ref, decline_code
        self.save()


class WebhookEvent(models.Model):
    """The inbox: an event id is taken in once, however often it is delivered."""

    id = models.CharField(primary_key=True, max_length=64)  # evt_…
    type = models.CharField(max_length=60)
    object_ref = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Privacy:
        phi = ()
        plain = ("id", "type", "object_ref", "received_at")

    class Tenancy:
        nobody = "the card network's news, of which practice is known once it is fetched"


class SimulatedObject(models.Model):
    """The embedded Stripe simulator's memory: one Stripe object a row. Empty with a real key."""

    id = models.CharField(primary_key=True, max_length=64)
    object = models.CharField(max_length=30)
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Privacy:
        phi = ()
        plain = ("id", "object", "body", "created_at")

    class Tenancy:
        nobody = "the card network's own, played by the simulator"

    class Meta:
        indexes = [models.Index(fields=["object", "created_at"], name="simulated_by_kind")]


class SimulatedAnswer(models.Model):
    """What the simulator has answered to an idempotency key, so as to answer the same again."""

    key = models.CharField(primary_key=True, max_length=255)
    question = models.CharField(max_length=64)  # SHA-256 of method, path and parameters
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()

    class Privacy:
        phi = ()
        plain = ("key", "question", "status", "body")

    class Tenancy:
        nobody = "as above"
