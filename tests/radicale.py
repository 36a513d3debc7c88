"""A real CalDAV server, Radicale, in a process of its own, with one calendar of one person."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager

from appointments.caldav import Collection
from core import outgoing

PERSON, WORD = "bob", "a word for the test"
MADE = b"""<?xml version="1.0"?><c:mkcalendar xmlns:c="urn:ietf:params:xml:ns:caldav"/>"""
PATIENCE = 30  # seconds


@contextmanager
def serving(folder):
    """Run it on a free port, its files in `folder`. Yield the address of the calendar."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "users").write_text(f"{PERSON}:{WORD}\n")
    options = {
        "server-hosts": f"127.0.0.1:{port}",
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": folder / "users",
        "auth-htpasswd-encryption": "plain",
        "auth-delay": 0,
        "storage-filesystem-folder": folder / "files",
        "logging-level": "error",
    }
    said = [f"--{name}={value}" for name, value in options.items()]
    server = subprocess.Popen([sys.executable, "-m", "radicale", "--config", "", *said])
    try:
        _wait(port)
        yield f"http://127.0.0.1:{port}/{PERSON}/work/"
    finally:
        server.terminate()
        server.wait()


def _wait(port):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("Radicale does not start")


def calendar_at(address):
    """Make the calendar there, and return it as somebody else's program sees it."""
    collection = Collection(address, PERSON, WORD)
    assert collection._ask("MKCALENDAR", MADE).status == 201
    return collection


def is_there(collection, name):
    return collection._ask("GET", b"", name).status == outgoing.HTTPStatus.OK


def file_at(collection, name):
    answer = collection._ask("GET", b"", name)
    return answer.body.decode() if answer.status == outgoing.HTTPStatus.OK else None
