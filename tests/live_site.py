"""The site in a thread: uvicorn on a free port, for browsers that tests and benchmarks open."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from channels.db import database_sync_to_async
from django.db import connections

from core.management.commands.serve import LARGEST_FRAME

PATIENCE = 30  # seconds; a loaded machine starts slowly
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]


class Server(uvicorn.Server):
    """Leaves no database connection behind: the test database is emptied, and dropped, next."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await database_sync_to_async(connections.close_all)()


@contextmanager
def serving(application: Any) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application,
            lifespan="on",
            log_config=None,
            timeout_graceful_shutdown=3,
            ws_max_size=LARGEST_FRAME,
        )
        server = Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(PATIENCE)


def wait_until(is_so: Callable[[], object], *, patience: float = PATIENCE) -> None:
    give_up_at = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.02)
