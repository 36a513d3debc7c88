"""The simulator's memory: Stripe objects as JSON, one a row."""

import secrets
from datetime import datetime
from typing import Any

from billing.models import SimulatedObject

Body = dict[str, Any]


class Refused(Exception):
    """An answer that is an error and changes nothing, in Stripe's form."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: Body = {"error": {"type": kind, "message": message, **more}}


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def create(kind: str, prefix: str, *, now: datetime, **fields: Any) -> Body:
    """Keep a new object and return its body."""
    body = {
        "id": new_id(prefix),
        "object": kind,
        "created": int(now.timestamp()),
        "livemode": False,
        **fields,
    }
    SimulatedObject.objects.create(id=body["id"], object=kind, body=body, created_at=now)
    return body


def save(body: Body) -> Body:
    SimulatedObject.objects.filter(id=body["id"]).update(body=body)
    return body


def find(kind: str, ref: str) -> Body:
    """
    Return the object under a lock, if there is a transaction to hold one.

    :raises Refused: 404 in Stripe's words
    """
    row = SimulatedObject.objects.select_for_update().filter(id=ref, object=kind).first()
    if row is None:
        message = f"No such {kind}: '{ref}'"
        raise Refused(404, "invalid_request_error", message, code="resource_missing", param="id")
    body: Body = row.body
    return body


def listed(kind: str, **criteria: Any) -> list[Body]:
    """Return the objects of a kind, newest first."""
    found = {f"body__{name}": value for name, value in criteria.items()}
    rows = SimulatedObject.objects.filter(object=kind, **found)
    return list(rows.order_by("-created_at", "-id").values_list("body", flat=True))
