"""The live half of the site in one process: its sockets, and the listener behind them."""

import asyncio
from contextlib import asynccontextmanager

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connection

from core import events
from telehealth.asgi import application

ORIGIN = "http://localhost"


@asynccontextmanager
async def listening():
    """Run `events.listen` and wait until it hears."""
    listener = asyncio.create_task(events.listen())
    try:
        async with asyncio.timeout(20):
            while not await listener_count():
                await asyncio.sleep(0.02)
        yield
    finally:
        listener.cancel()
        await asyncio.wait([listener])


@database_sync_to_async
def listener_count():
    """How many connections of this database listen now."""
    return len(listener_pids())


def listener_pids():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = 'LISTEN events'"
        )
        return [pid for (pid,) in cursor.fetchall()]


def socket(path, client=None, origin=ORIGIN):
    """A WebSocket of the whole application, with the cookies of a signed-in test client."""
    headers = [(b"origin", origin.encode())] if origin else []
    if client:
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        headers.append((b"cookie", f"{cookie.key}={cookie.value}".encode()))
    return WebsocketCommunicator(application, path, headers=headers)


async def is_silent(communicator, seconds=0.3):
    return await communicator.receive_nothing(timeout=seconds)
