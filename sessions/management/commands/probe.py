import asyncio
import contextlib
import signal

from django.core.management.base import BaseCommand

from core.policy import OPERATOR, serves
from sessions.probe import Probe
from sessions.probing import address


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Answer the connection tests of the device check until stopped."

    def handle(self, **_options: object) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(until_stopped())


async def until_stopped() -> None:
    serving = asyncio.current_task()
    assert serving is not None  # asyncio.run made it
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    await Probe().serve(address())
