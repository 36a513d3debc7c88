"""From a request of the SDK to an answer: addresses, idempotency, expansion."""

import re
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from billing.gateways.simulator import cards, payments, setups
from billing.gateways.simulator.asked import Asked
from billing.gateways.simulator.memory import Body, Refused, find, listed
from billing.models import SimulatedAnswer, SimulatedObject

Deed = Callable[..., Body | tuple[int, Body]]

DEEDS: dict[str, Deed] = {
    "POST /v1/customers": setups.create_customer,
    "POST /v1/checkout/sessions": setups.create_checkout_session,
    "POST /v1/setup_intents": setups.create_setup_intent,
    "POST /v1/payment_methods/(?P<ref>[^/]+)/attach": setups.attach_payment_method,
    "POST /v1/payment_intents": payments.create_payment_intent,
}
KINDS = {
    "customers": "customer",
    "checkout/sessions": "checkout.session",
    "setup_intents": "setup_intent",
    "payment_methods": "payment_method",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "balance_transactions": "balance_transaction",
    "payouts": "payout",
    "events": "event",
}
FILTERS = {"payout", "customer", "status", "type"}
PAGE = 10
OK = 200


def answer(asked: Asked) -> tuple[int, Body]:
    """Return the HTTP status and the JSON body."""
    try:
        with transaction.atomic():
            status, body = once(asked) if asked.key else do(asked)
            return status, expand(body, asked) if status == OK else body
    except Refused as refusal:
        return refusal.status, refusal.body
    except cards.CardRefused as refusal:
        return 402, {"error": cards.decline(refusal.code)}


def once(asked: Asked) -> tuple[int, Body]:
    """Do it, or repeat what was answered to this idempotency key."""
    with connection.cursor() as cursor:  # the second of two that come at once waits here
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [asked.key])
    given = SimulatedAnswer.objects.filter(key=asked.key).first()
    if given is None:
        status, body = do(asked)
        SimulatedAnswer.objects.create(
            key=asked.key, question=asked.question, status=status, body=body
        )
        return status, body
    if given.question != asked.question:
        message = "Keys for idempotent requests can only be used with the same parameters."
        raise Refused(400, "idempotency_error", message)
    return given.status, given.body


def do(asked: Asked) -> tuple[int, Body]:
    if asked.method == "GET":
        return 200, look_up(asked)
    for address, deed in DEEDS.items():
        if match := re.fullmatch(address, f"{asked.method} {asked.path}"):
            done = deed(asked, **match.groupdict())
            return done if isinstance(done, tuple) else (200, done)
    raise unknown(asked)


def look_up(asked: Asked) -> Body:
    """Answer GET /v1/<things>/<id> and GET /v1/<things>."""
    path = asked.path.removeprefix("/v1/")
    if path in KINDS:
        return page_of(KINDS[path], asked)
    things, _, ref = path.rpartition("/")
    if things not in KINDS:
        raise unknown(asked)
    return find(KINDS[things], ref)


def page_of(kind: str, asked: Asked) -> Body:
    """One page of a list, newest first, after the object named by `starting_after`."""
    criteria = {name: value for name, value in asked.params.items() if name in FILTERS}
    found = listed(kind, **criteria)
    if after := asked.params.get("starting_after"):
        refs = [body["id"] for body in found]
        found = found[refs.index(after) + 1 :]
    size = int(asked.params.get("limit", PAGE))
    return {
        "object": "list",
        "url": asked.path,
        "data": found[:size],
        "has_more": size < len(found),
    }


def expand(body: Body, asked: Asked) -> Body:
    """Put objects where their ids are, along each path that `expand` names."""
    for path in asked.nested("expand").values():
        expand_along(body, path.split("."))
    return body


def expand_along(place: Any, steps: list[str]) -> None:
    if isinstance(place, list):
        for item in place:
            expand_along(item, steps)
    elif place is not None and steps:
        if isinstance(place[steps[0]], str):
            place[steps[0]] = SimulatedObject.objects.get(id=place[steps[0]]).body
        expand_along(place[steps[0]], steps[1:])


def unknown(asked: Asked) -> Refused:
    message = f"Unrecognized request URL ({asked.method}: {asked.path})."
    return Refused(404, "invalid_request_error", message)
