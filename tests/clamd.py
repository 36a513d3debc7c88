"""The real virus scanner, told one signature of our own: none need be fetched for it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools import clamd
from tests.uploads import INFECTED

PATIENCE = 30.0


@contextmanager
def scanning(folder: Path) -> Iterator[str]:
    """Run clamd until the end of the block. Yields its socket."""
    program, signatures, socket = clamd(), folder / "signatures", folder / "clamd.ctl"
    signatures.mkdir()
    (signatures / "own.ndb").write_text(f"Telehealth.Test:0:*:{INFECTED.hex()}\n")
    settings = folder / "clamd.conf"
    settings.write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {signatures}\nForeground yes\nMaxThreads 2\n"
    )
    process = subprocess.Popen(
        [program, "--config-file", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(socket, process)
        yield str(socket)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def wait_for(socket: Path, process: "subprocess.Popen[bytes]") -> None:
    give_up_at = time.monotonic() + PATIENCE
    while not socket.exists():
        assert process.poll() is None, "clamd ended by itself"
        assert time.monotonic() < give_up_at, "clamd did not begin to listen"
        time.sleep(0.05)
