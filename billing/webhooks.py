"""The inbox of the card network's events: verified, taken in once, acted upon by the worker.

An event only says where to look. The worker fetches the object as it is now, so duplicates and
disorder do no harm.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Patient
from billing import cards, gateways, payments, payouts
from billing.models import WebhookEvent
from core import duties, outbox
from core.policy import CARD_NETWORK, serves

LIVE_KEYS = ("sk_live_", "rk_live_")


class NoSecret(Exception):
    """Without a secret anybody could sign, so nothing is believed."""


@transaction.atomic
def receive(*, body: bytes, signature: str, now: datetime) -> None:
    """
    Take an event in, once, and make acting upon it a duty.

    :raises NoSecret:
    :raises gateways.Forged: also for a test event at a live site, and the other way round
    """
    if not settings.STRIPE_WEBHOOK_SECRET:
        raise NoSecret
    event = gateways.read_event(body=body, signature=signature, now=now)
    if event.is_live != settings.STRIPE_SECRET_KEY.startswith(LIVE_KEYS):
        raise gateways.Forged
    values = {"type": event.type, "object_ref": event.object_ref, "received_at": now}
    _, is_new = WebhookEvent.objects.get_or_create(id=event.ref, defaults=values)
    if is_new:
        outbox.enqueue("webhook.apply", key=event.ref, payload={"event": event.ref}, due_at=now)


@duties.handler("webhook.apply")
@serves(CARD_NETWORK)
def apply(payload: dict[str, Any], now: datetime) -> None:
    event = WebhookEvent.objects.get(pk=payload["event"])
    match event.type:
        case "payment_intent.succeeded" | "payment_intent.payment_failed":
            payments.refresh(intent_ref=event.object_ref, now=now)
        case "payout.paid":
            payouts.refresh(payout_ref=event.object_ref, now=now)
        case "checkout.session.completed":
            save_card(setup_ref=event.object_ref, now=now)


def save_card(*, setup_ref: str, now: datetime) -> None:
    """Put a card on file although the browser has not come back from the card network's page."""
    saved = gateways.connect(now=now).finish_card_setup(setup_ref=setup_ref)
    patient = Patient.objects.get(ref=saved.patient_ref)
    cards.finish_setup(patient=patient, setup_ref=setup_ref, by=None, now=now)
