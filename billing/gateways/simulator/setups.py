"""Customers, and the pages and intents by which their cards are saved."""

from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.urls import reverse

from billing.gateways.simulator import cards, events
from billing.gateways.simulator.asked import Asked
from billing.gateways.simulator.memory import Body, Refused, create, find, new_id, save

PAGE_LASTS = timedelta(hours=24)


class PageUsed(Exception):
    """The page has taken a card already, or is too old."""


def create_customer(asked: Asked) -> Body:
    return create(
        "customer",
        "cus",
        now=asked.now,
        email=None,
        name=None,
        description=None,
        metadata=asked.nested("metadata"),
    )


def create_checkout_session(asked: Asked) -> Body:
    """Open a page for saving a card. Pages that take money at once do not exist here yet."""
    if asked.required("mode") != "setup":
        message = "The simulator knows mode=setup only."
        raise Refused(400, "invalid_request_error", message, param="mode")
    customer = find("customer", asked.required("customer"))
    session = create(
        "checkout.session",
        "cs_test",
        now=asked.now,
        mode="setup",
        status="open",
        payment_status="no_payment_required",
        customer=customer["id"],
        client_reference_id=asked.params.get("client_reference_id"),
        success_url=asked.required("success_url"),
        cancel_url=asked.params.get("cancel_url"),
        expires_at=int((asked.now + PAGE_LASTS).timestamp()),
        payment_method_types=["card"],
        setup_intent=None,
        metadata=asked.nested("metadata"),
    )
    # The page lives at the site that asked, whatever port it was started on.
    path = reverse("billing:simulator_checkout", args=[session["id"]])
    return save(session | {"url": urljoin(session["success_url"], path)})


def complete_checkout_session(
    session: Body, *, card: cards.TestCard, expires: tuple[int, int], now: datetime
) -> str:
    """
    Save the card that was typed on the page. Return where the browser goes next.

    :raises PageUsed:
    :raises CardRefused: and the page stays open for another card
    """
    if session["status"] != "open" or now.timestamp() > session["expires_at"]:
        raise PageUsed
    method = cards.save_card(card, customer=session["customer"], expires=expires, now=now)
    intent = succeeded(method, customer=session["customer"], now=now)
    save(session | {"status": "complete", "setup_intent": intent["id"], "url": None})
    events.emit("checkout.session.completed", session["id"], now=now)
    back: str = session["success_url"]
    return back.replace("{CHECKOUT_SESSION_ID}", session["id"])


def create_setup_intent(asked: Asked) -> Body:
    """Save a card without a page, as the SDK's own tests do."""
    customer = asked.required("customer")
    method = cards.attach(asked.required("payment_method"), customer=customer, now=asked.now)
    return succeeded(method, customer=customer, now=asked.now)


def succeeded(method: Body, *, customer: str, now: datetime) -> Body:
    return create(
        "setup_intent",
        "seti",
        now=now,
        status="succeeded",
        usage="off_session",
        customer=customer,
        payment_method=method["id"],
        payment_method_types=["card"],
        client_secret=new_id("seti_secret"),
        last_setup_error=None,
        metadata={},
    )


def attach_payment_method(asked: Asked, ref: str) -> Body:
    return cards.attach(ref, customer=asked.required("customer"), now=asked.now)
