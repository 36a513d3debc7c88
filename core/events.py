"""Live events: from any process to the sockets, by PostgreSQL LISTEN/NOTIFY.

NOTIFY belongs to the transaction: an event is heard exactly when the change is committed, and never
when it is rolled back. Every web process listens (`listen`), so it does not matter whether a view,
a worker or a command published. An event is a topic and ids; the socket looks up the rest for its
own reader.
"""

import asyncio
import contextlib
import json
import logging
from typing import Any

import psycopg
from channels.layers import get_channel_layer
from django.db import connection

log = logging.getLogger(__name__)

CHANNEL = "events"
PAUSE_SECONDS = 1.0


def publish(topic: str, **event: str) -> None:
    """Tell every socket in the group `topic` that something happened. `event` holds ids only.

    The consumer of the group needs the method named by `type`, as in Channels.
    """
    message = json.dumps({"topic": topic, "event": event})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])


async def listen() -> None:
    """Forward committed events to this process's sockets until cancelled; reconnect when lost."""
    while True:
        with contextlib.suppress(psycopg.OperationalError):
            await _listen_once()
        log.warning("the event listener lost the database; trying again")
        await asyncio.sleep(PAUSE_SECONDS)


async def _listen_once() -> None:
    parameters = connection.get_connection_params()
    parameters = {k: v for k, v in parameters.items() if k not in ("cursor_factory", "context")}
    async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as database:
        await database.execute(f"LISTEN {CHANNEL}")
        async for notice in database.notifies():
            await _forward(json.loads(notice.payload))


async def _forward(message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    assert layer is not None  # noqa: S101 -- settings always name one
    await layer.group_send(message["topic"], message["event"])
