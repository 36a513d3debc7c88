"""Cards, charges, payments, and the ledger that accounts for every cent."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Patient, User
from appointments.models import Appointment


class Account(models.TextChoices):
    """The chart of accounts. Debits are positive, credits negative; an entry sums to zero."""

    PATIENT_RECEIVABLE = "patient-receivable", _("Owed by patients")
    STRIPE_BALANCE = "stripe-balance", _("Stripe balance, not paid out yet")
    BANK = "bank", _("Bank")
    REVENUE = "revenue", _("Revenue from visits")
    CARD_FEES = "card-fees", _("Card fees")


class Entry(models.Model):
    """One event in the books. Append-only; each source posts once; a mistake is reversed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=24)  # "charge", "payment", "payout"
    source_id = models.CharField(max_length=64)
    posted_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id"], name="entry_once_a_source"),
        ]

    def __str__(self) -> str:
        return f"entry {self.id}"


class Line(models.Model):
    """One leg of an entry."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lines")
    account = models.CharField(max_length=24, choices=Account)
    amount_cents = models.BigIntegerField()
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="line_not_zero"),
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


class ChargeQuerySet(models.QuerySet["Charge"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Q(appointment__patient__user=user) | Q(appointment__provider__user=user))


class Charge(models.Model):
    """What a visit costs, coded from what happened in it. FHIR ChargeItem, X12 SV1."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("To confirm")
        CONFIRMED = "confirmed", _("Confirmed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="charge")
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    cpt = models.CharField(max_length=5)
    modifier = models.CharField(max_length=2, blank=True)  # 95 video, 93 audio only
    place_of_service = models.CharField(max_length=2)  # 10 at home, 02 elsewhere
    minutes = models.PositiveSmallIntegerField()
    amount_cents = models.PositiveIntegerField()
    drafted_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = ChargeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft", confirmed_at=None, confirmed_by=None)
                | Q(status="confirmed", confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="charge_confirmed_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(place_of_service__in=["10", "02"]), name="charge_place_known"
            ),
        ]

    def __str__(self) -> str:
        return f"charge {self.id}"


class Payment(models.Model):
    """One attempt to collect a charge from a card. Its id is Stripe's idempotency key."""

    class Status(models.TextChoices):
        PENDING = "pending", _("In progress")
        SUCCEEDED = "succeeded", _("Paid")
        FAILED = "failed", _("Declined")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charge = models.ForeignKey(Charge, models.PROTECT, related_name="payments")
    card = models.ForeignKey(CardOnFile, models.PROTECT, related_name="payments")
    amount_cents = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    started_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    intent_ref = models.CharField(max_length=64, blank=True)  # pi_…
    fee_cents = models.PositiveIntegerField(null=True)
    decline_code = models.CharField(max_length=60, blank=True)

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
                condition=~Q(status="succeeded") | Q(fee_cents__isnull=False) & ~Q(intent_ref=""),
                name="payment_succeeded_with_fee",
            ),
            models.CheckConstraint(
                condition=Q(fee_cents=None) | Q(fee_cents__lte=F("amount_cents")),
                name="payment_fee_within_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.id}"


class WebhookEvent(models.Model):
    """The inbox: an event id is taken in once, however often it is delivered."""

    id = models.CharField(primary_key=True, max_length=64)  # evt_…
    type = models.CharField(max_length=60)
    object_ref = models.CharField(max_length=64)
    received_at = models.DateTimeField()


class SimulatedObject(models.Model):
    """The embedded Stripe simulator's memory: one Stripe object a row. Empty with a real key."""

    id = models.CharField(primary_key=True, max_length=64)
    object = models.CharField(max_length=30)
    body = models.JSONField()
    idempotency_key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001 -- NULL is "none", and unique must allow many
    created_at = models.DateTimeField(auto_now_add=True)
