"""Stripe through its SDK. Import this module through `billing.gateways` only: it is slow to load.

Stripe signs no business associate agreement, so nothing that describes the care or the person may
be sent: no names, no description, metadata with our own random ids.
"""

import calendar
import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import stripe
from stripe.params import PaymentIntentCreateParams

from billing.gateways import (
    CardNotSaved,
    CardSetup,
    Event,
    Forged,
    Intent,
    IntentStatus,
    Movement,
    PaidOut,
    Payout,
    SavedCard,
)
from billing.gateways.simulator.http_client import SimulatorClient
from core.money import CURRENCY

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20
TOLERANCE = timedelta(seconds=300)
PLAIN = re.compile(r"[\w.-]{1,60}", re.ASCII)
MALFORMED = (ValueError, KeyError, TypeError, AttributeError)  # as the SDK fails on odd bodies
WITH_MOVEMENT = "latest_charge.balance_transaction"


class NotSettledYet(Exception):
    """The charge has gone through and its fee is not known yet; ask again soon."""


class StripeGateway:
    def __init__(self, client: stripe.StripeClient) -> None:
        self.v1 = client.v1

    def create_customer(self, *, patient_ref: str) -> str:
        customer = self.v1.customers.create(
            {"metadata": {"patient": patient_ref}},
            {"idempotency_key": f"customer:{patient_ref}"},
        )
        return customer.id

    def begin_card_setup(
        self, *, customer_ref: str, patient_ref: str, return_url: str
    ) -> CardSetup:
        joint = "&" if "?" in return_url else "?"
        session = self.v1.checkout.sessions.create(
            {
                "mode": "setup",
                "allowed_payment_method_types": ["card"],
                "customer": customer_ref,
                "client_reference_id": patient_ref,
                "success_url": f"{return_url}{joint}setup={{CHECKOUT_SESSION_ID}}",
                "cancel_url": return_url,
            }
        )
        assert session.url is not None  # a new session has its page
        return CardSetup(ref=session.id, url=session.url)

    def finish_card_setup(self, *, setup_ref: str) -> SavedCard:
        try:
            session = self.v1.checkout.sessions.retrieve(
                setup_ref, {"expand": ["setup_intent.payment_method"]}
            )
        except stripe.InvalidRequestError as unknown:
            raise CardNotSaved from unknown
        if session.status != "complete":
            raise CardNotSaved
        intent, customer = session.setup_intent, session.customer
        assert isinstance(intent, stripe.SetupIntent)  # expanded above
        method = intent.payment_method
        assert isinstance(method, stripe.PaymentMethod)  # expanded above
        assert method.card is not None  # the page takes cards only
        return SavedCard(
            patient_ref=session.client_reference_id or "",
            customer_ref=str(customer),
            payment_method_ref=method.id,
            brand=method.card.brand,
            last4=method.card.last4,
            expires_on=last_day(method.card.exp_year, method.card.exp_month),
        )

    def collect(
        self, *, payment_ref: str, customer_ref: str, payment_method_ref: str, amount_cents: int
    ) -> Intent:
        params: PaymentIntentCreateParams = {
            "amount": amount_cents,
            "currency": CURRENCY.lower(),
            "customer": customer_ref,
            "payment_method": payment_method_ref,
            "allowed_payment_method_types": ["card"],
            "off_session": True,
            "confirm": True,
            # Stripe's default captures later, and would answer without the fee.
            "capture_method": "automatic",
            "metadata": {"payment": payment_ref},
            "expand": [WITH_MOVEMENT],
        }
        try:
            intent = self.v1.payment_intents.create(
                params, {"idempotency_key": f"pay:{payment_ref}"}
            )
        except stripe.CardError as refusal:
            return declined(refusal, payment_ref)
        except stripe.InvalidRequestError as refusal:  # a card that is gone there, or our mistake
            log.warning("payment %s was refused: %s", payment_ref, refusal.code)
            return Intent("", payment_ref, IntentStatus.DECLINED, decline_code="invalid_request")
        return read_intent(intent)

    def find_intent(self, *, intent_ref: str) -> Intent:
        return read_intent(
            self.v1.payment_intents.retrieve(intent_ref, {"expand": [WITH_MOVEMENT]})
        )

    def find_payout(self, *, payout_ref: str) -> Payout:
        payout = self.v1.payouts.retrieve(payout_ref)
        within = self.v1.balance_transactions.list(
            {"payout": payout_ref, "type": "charge", "limit": 100, "expand": ["data.source"]}
        )
        return Payout(
            ref=payout.id,
            amount_cents=payout.amount,
            is_paid=payout.status == "paid",
            payments=tuple(
                PaidOut(movement.id, str(movement.source.payment_intent))
                for movement in within.auto_paging_iter()
                if isinstance(movement.source, stripe.Charge)
            ),
        )

    def movements(self) -> Iterator[Movement]:
        for movement in self.v1.balance_transactions.list({"limit": 100}).auto_paging_iter():
            yield Movement(
                ref=movement.id,
                source_ref=str(movement.source),
                net_cents=movement.net,
                is_payout=movement.type == "payout",
            )


@lru_cache(maxsize=1)
def with_key(key: str) -> StripeGateway:
    """Return the gateway to Stripe itself; one for all, as it keeps connections open."""
    http_client = stripe.RequestsClient(timeout=TIMEOUT_SECONDS)
    return StripeGateway(stripe.StripeClient(key, http_client=http_client, max_network_retries=2))


def with_simulator(*, now: datetime) -> StripeGateway:
    return StripeGateway(
        stripe.StripeClient("sk_test_simulator", http_client=SimulatorClient(now=now))
    )


def declined(refusal: stripe.CardError, payment_ref: str) -> Intent:
    problem = refusal.error
    assert problem is not None  # a CardError comes with its reasons
    return Intent(
        ref=problem.payment_intent.id if problem.payment_intent else "",
        payment_ref=payment_ref,
        status=IntentStatus.DECLINED,
        decline_code=problem.decline_code or problem.code or "",
    )


def read_intent(intent: stripe.PaymentIntent) -> Intent:
    """
    :raises NotSettledYet: if it succeeded and its fee is still unknown
    """
    payment_ref = intent.metadata["payment"] if "payment" in intent.metadata else ""  # noqa: SIM401 -- not a dict
    if intent.status == "succeeded":
        return succeeded(intent, payment_ref)
    problem = intent.last_payment_error
    if problem is None:
        return Intent(intent.id, payment_ref, IntentStatus.OPEN)
    code = problem.decline_code or problem.code or ""
    return Intent(intent.id, payment_ref, IntentStatus.DECLINED, decline_code=code)


def succeeded(intent: stripe.PaymentIntent, payment_ref: str) -> Intent:
    charge = intent.latest_charge
    movement = charge.balance_transaction if isinstance(charge, stripe.Charge) else None
    if not isinstance(movement, stripe.BalanceTransaction):
        raise NotSettledYet
    return Intent(
        ref=intent.id,
        payment_ref=payment_ref,
        status=IntentStatus.SUCCEEDED,
        movement_ref=movement.id,
        fee_cents=movement.fee,
        available_on=datetime.fromtimestamp(movement.available_on, UTC).date(),
    )


def read_event(*, body: bytes, signature: str, secret: str, now: datetime) -> Event:
    """
    Verify with the SDK, then refuse what it lets pass: odd ids, a time in the future, two headers.

    :raises Forged:
    """
    try:
        event = stripe.Webhook.construct_event(body, signature, secret)
        refs = plain(event.id), plain(event.type), plain(event.data.object["id"])
        is_live = {True: True, False: False}[event.livemode]
    except (stripe.SignatureVerificationError, *MALFORMED) as problem:
        raise Forged from problem
    stamps = [part[2:] for part in signature.split(",") if part.startswith("t=")]
    if len(stamps) != 1 or int(stamps[0]) > (now + TOLERANCE).timestamp():
        raise Forged
    return Event(*refs, is_live=is_live)


def plain(text: object) -> str:
    """
    Return a reference or a type of Stripe's, which is short and has no odd characters.

    :raises ValueError: if it is none
    """
    if not isinstance(text, str) or PLAIN.fullmatch(text) is None:
        raise ValueError("neither a reference nor a type")
    return text


def last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
