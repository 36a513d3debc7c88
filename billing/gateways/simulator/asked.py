"""A request of the SDK, taken apart."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from billing.gateways.simulator.memory import Refused


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    params: dict[str, str]  # flat, as sent: "metadata[payment]"
    key: str  # idempotency; blank for questions that change nothing
    now: datetime

    def required(self, name: str) -> str:
        """:raises Refused: 400 in Stripe's words"""
        if not self.params.get(name):
            message = f"Missing required param: {name}."
            raise Refused(
                400, "invalid_request_error", message, code="parameter_missing", param=name
            )
        return self.params[name]

    def nested(self, name: str) -> dict[str, str]:
        """Gather "name[key]" into {key: value}."""
        prefix = f"{name}["
        return {
            key[len(prefix) : -1]: value
            for key, value in self.params.items()
            if key.startswith(prefix)
        }

    @property
    def question(self) -> str:
        """A fingerprint: an idempotency key may not be used for another question."""
        parts = json.dumps([self.method, self.path, sorted(self.params.items())])
        return hashlib.sha256(parts.encode()).hexdigest()


def parse(method: str, url: str, post_data: str | None, key: str, *, now: datetime) -> Asked:
    address = urlsplit(url)
    params = dict(parse_qsl(post_data or address.query))
    return Asked(method.upper(), address.path, params, key, now)
