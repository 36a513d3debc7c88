"""The live half of the site in one process: its sockets, and the listener behind them."""

import asyncio
from contextlib import asynccontextmanager

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connection

from core import events
from telehealth.asgi import application
from tests.web_role import as_owner

ORIGIN = "http://localhost"
PATIENCE = 20  # seconds


@asynccontextmanager
async def listening():
    """Run `events.listen` and wait until it hears, or waits for another one to end."""
    before = await database_sync_to_async(listeners)()
    listener = asyncio.create_task(events.listen())
    try:
        await until(lambda: len(listeners()) > len(before))
        yield
    finally:
        listener.cancel()
        await asyncio.wait([listener])


async def until(is_so):
    """Wait for something that the database can tell."""
    async with asyncio.timeout(PATIENCE):
        while not await database_sync_to_async(is_so)():
            await asyncio.sleep(0.02)


def listeners(*states):
    """The connections that hear events ("hears"), or wait for their turn to ("waits")."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, query = 'LISTEN events' FROM pg_stat_activity"
            " WHERE datname = current_database()"
            " AND (query = 'LISTEN events' OR query LIKE 'SELECT pg_advisory_lock%%')"
        )
        found = [(pid, "hears" if hears else "waits") for pid, hears in cursor.fetchall()]
    return [pid for pid, state in found if state in states or not states]


def terminate(pids):
    """Cut connections off, as a restart of the server would."""
    with as_owner(), connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def socket(path, client=None, origin=ORIGIN):
    """A WebSocket of the whole application, with the cookies of a signed-in test client."""
    headers = [(b"origin", origin.encode())] if origin else []
    if client:
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        headers.append((b"cookie", f"{cookie.key}={cookie.value}".encode()))
    return WebsocketCommunicator(application, path, headers=headers)


async def is_silent(communicator, seconds=0.3):
    return await communicator.receive_nothing(timeout=seconds)
