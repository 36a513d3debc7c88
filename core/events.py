"""Live events: from any process to the sockets, by PostgreSQL LISTEN/NOTIFY.

NOTIFY belongs to the transaction: an event is heard exactly when the change is committed, and never
when it is rolled back. The web processes listen (`listen`), so it does not matter whether a view,
a worker or a command published. An event is a topic and ids; the socket looks up the rest for its
own reader.

While a listener is away, what is published is lost. So it says "events.resumed" to the group
EVERYONE whenever it begins, and an open page then asks for what it has missed.
"""

import asyncio
import json
import logging
from typing import Any

import psycopg
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection

log = logging.getLogger(__name__)

CHANNEL = "events"
EVERYONE = "everyone"  # a group for sockets that want to know when events may have been lost
ONE_LISTENER = 0x7E1E  # the advisory lock of whoever forwards for all processes
PAUSE_SECONDS = 1.0


def publish(topic: str, **event: str) -> None:
    """Tell every socket in the group `topic` that something happened. `event` holds ids only.

    The consumer of the group needs the method named by `type`, as in Channels.
    """
    message = json.dumps({"topic": topic, "event": event})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])


async def listen() -> None:
    """Forward committed events to the sockets until cancelled; reconnect when lost."""
    while True:
        try:
            await _listen_once()
        except Exception as loss:  # the database or Redis went away; live pages must outlast it
            log.warning("the event listener stopped (%s); trying again", type(loss).__name__)
        await asyncio.sleep(PAUSE_SECONDS)


async def _listen_once() -> None:
    parameters = connection.get_connection_params()
    parameters = {k: v for k, v in parameters.items() if k not in ("cursor_factory", "context")}
    async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as database:
        if settings.REDIS_URL:
            # That layer reaches the sockets of all processes: only one may forward. The others
            # wait here, and the next takes over when its connection ends.
            await database.execute("SELECT pg_advisory_lock(%s)", [ONE_LISTENER])
        await database.execute(f"LISTEN {CHANNEL}")
        await _forward({"topic": EVERYONE, "event": {"type": "events.resumed"}})
        async for notice in database.notifies():
            await _forward(json.loads(notice.payload))


async def _forward(message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    assert layer is not None  # settings always name one
    await layer.group_send(message["topic"], message["event"])
