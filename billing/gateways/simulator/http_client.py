"""The SDK's hook: instead of the network, the simulator."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import stripe

from billing.gateways.simulator import answers, asked


class SimulatorClient(stripe.HTTPClient):
    name = "simulator"

    def __init__(self, *, now: datetime) -> None:
        super().__init__()
        self.now = now

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **_: Any,
    ) -> tuple[str, int, Mapping[str, str]]:
        key = (headers or {}).get("Idempotency-Key", "") if method == "post" else ""
        question = asked.parse(method, url, post_data, key, now=self.now)
        status, body = answers.answer(question)
        return json.dumps(body), status, {"Request-Id": "req_simulator"}

    def close(self) -> None:
        """There is no connection to close."""
