"""The card network as the rest of billing sees it: seven questions and their answers.

The only implementation talks to Stripe through its SDK; without a key the SDK talks to the
embedded simulator. References (`…_ref`) are Stripe's ids or opaque ids of ours, never a name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from django.conf import settings


@dataclass(frozen=True)
class CardSetup:
    """A page of the card network on which a person types her card number."""

    ref: str
    url: str


@dataclass(frozen=True)
class SavedCard:
    patient_ref: str
    customer_ref: str
    payment_method_ref: str
    brand: str
    last4: str
    expires_on: date  # the last day of its month


class IntentStatus(StrEnum):
    OPEN = "open"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


@dataclass(frozen=True)
class Intent:
    """One attempt to collect, as the card network knows it."""

    ref: str
    payment_ref: str
    status: IntentStatus
    movement_ref: str = ""  # the last three are known once it has succeeded
    fee_cents: int = 0
    available_on: date | None = None
    decline_code: str = ""


@dataclass(frozen=True)
class PaidOut:
    """One payment inside a payout."""

    movement_ref: str
    intent_ref: str


@dataclass(frozen=True)
class Payout:
    ref: str
    amount_cents: int
    is_paid: bool
    payments: tuple[PaidOut, ...]


@dataclass(frozen=True)
class Movement:
    """One change of the balance that the card network keeps for the practice."""

    ref: str
    source_ref: str
    net_cents: int
    is_payout: bool


@dataclass(frozen=True)
class Event:
    """News from the card network, its signature verified. It only says where to look."""

    ref: str
    type: str
    object_ref: str
    is_live: bool


class NoGateway(Exception):
    """There is neither a Stripe key nor the simulator."""


class Forged(Exception):
    """The signature is absent, wrong, too old, from the future, or there twice."""


class CardNotSaved(Exception):
    """No card has been typed on this page of the card network yet, or there is no such page."""


class Gateway(Protocol):
    def create_customer(self, *, patient_ref: str) -> str: ...

    def begin_card_setup(
        self, *, customer_ref: str, patient_ref: str, return_url: str
    ) -> CardSetup: ...

    def finish_card_setup(self, *, setup_ref: str) -> SavedCard:
        """:raises CardNotSaved:"""

    def collect(
        self, *, payment_ref: str, customer_ref: str, payment_method_ref: str, amount_cents: int
    ) -> Intent:
        """Charge the card. Asked again for the same payment, it answers the same."""

    def find_intent(self, *, intent_ref: str) -> Intent: ...

    def find_payout(self, *, payout_ref: str) -> Payout: ...

    def movements(self) -> Iterator[Movement]: ...


def connect(*, now: datetime) -> Gateway:
    """
    Return the gateway that the settings name.

    :param now: the simulator's time; Stripe keeps its own
    :raises NoGateway:
    """
    from billing.gateways import stripe  # noqa: PLC0415 -- slow import; pages without cards go without

    if settings.STRIPE_SECRET_KEY:
        return stripe.with_key(settings.STRIPE_SECRET_KEY)
    if settings.STRIPE_SIMULATOR:
        return stripe.with_simulator(now=now)
    raise NoGateway


def read_event(*, body: bytes, signature: str, now: datetime) -> Event:
    """
    Verify and parse a webhook's body.

    :raises Forged:
    """
    from billing.gateways import stripe  # noqa: PLC0415 -- slow import; pages without cards go without

    return stripe.read_event(
        body=body, signature=signature, secret=settings.STRIPE_WEBHOOK_SECRET, now=now
    )
