"""Webhooks: signed like Stripe's, delivered to our own address over HTTP, tried until taken."""

import hashlib
import hmac
import http.client
import json
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from billing.gateways.simulator.memory import Body, create, find
from billing.models import SimulatedObject
from core import duties, outbox
from core.policy import CARD_NETWORK, serves

TIMEOUT_SECONDS = 10


class NotTaken(Exception):
    """Our own endpoint did not answer 200."""


def emit(kind: str, object_ref: str, *, now: datetime) -> None:
    """Keep an event about an object and make its delivery a duty."""
    event = create(
        "event",
        "evt",
        now=now,
        type=kind,
        pending_webhooks=1,
        request={"id": None, "idempotency_key": None},
        data={"object": {"id": object_ref}},
    )
    outbox.enqueue("simulator.webhook", key=event["id"], payload={"event": event["id"]}, due_at=now)


@duties.handler("simulator.webhook")
@serves(CARD_NETWORK)
def deliver(payload: dict[str, Any], _now: datetime) -> None:
    """:raises NotTaken: so that the duty is tried again"""
    body, headers = signed(find("event", payload["event"]))
    site = urlsplit(settings.SITE_URL)
    secure = site.scheme == "https"
    connection = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    ours = connection(site.netloc, timeout=TIMEOUT_SECONDS)
    try:
        ours.request("POST", reverse("billing:stripe_webhook"), body, headers)
        if ours.getresponse().status != http.HTTPStatus.OK:
            raise NotTaken
    finally:
        ours.close()


def signed(event: Body) -> tuple[bytes, dict[str, str]]:
    """Return body and headers: the object as it is now, and the signature of this moment."""
    about = SimulatedObject.objects.get(id=event["data"]["object"]["id"])
    body = json.dumps(event | {"data": {"object": about.body}}).encode()
    stamp = int(time.time())  # the receiver compares it with the real clock
    key = settings.STRIPE_WEBHOOK_SECRET.encode()
    digest = hmac.new(key, b"%d.%b" % (stamp, body), hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={digest}"}
    return body, headers
