"""Asking the virus scanner: the real one with a signature of ours, and one that misbehaves."""

import socket
from contextlib import contextmanager
from threading import Thread

import pytest

from messaging import scanning
from messaging.limits import MOST_BYTES
from tests import clamd
from tests.uploads import INFECTED


@pytest.fixture(scope="module")
def scanner(tmp_path_factory):
    with clamd.scanning(tmp_path_factory.mktemp("clamd")) as address:
        yield address


@contextmanager
def answering(folder, reply):
    """A scanner that hears it all and says `reply`. Yields its address, and what it heard."""
    address, heard = str(folder / "clamd.ctl"), bytearray()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        server.settimeout(10)

        def serve():
            line, _ = server.accept()
            with line:
                while not heard.endswith(b"\0\0\0\0"):
                    heard.extend(line.recv(65536))
                line.sendall(reply)

        thread = Thread(target=serve)
        thread.start()
        yield address, heard
        thread.join(timeout=10)


@pytest.mark.parametrize(
    ("content", "is_infected"),
    [
        (b"Slept well.", False),
        (b"", False),
        (INFECTED, True),
        (b"x" * 100_000 + INFECTED, True),
        (b"x" * MOST_BYTES, False),
    ],
    ids=["harmless", "empty", "infected", "infected in a later piece", "the largest"],
)
def test_the_scanner_says_whether_something_was_found(settings, scanner, content, is_infected):
    settings.CLAMD_SOCKET = scanner

    assert scanning.is_infected(content) is is_infected


def test_where_there_is_no_scanner_nothing_is_found(settings):
    settings.CLAMD_SOCKET = ""

    assert scanning.is_infected(INFECTED) is False


def test_what_it_is_sent_is_each_piece_after_its_length(settings, tmp_path):
    with answering(tmp_path, b"stream: OK\0") as (address, heard):
        settings.CLAMD_SOCKET = address
        scanning.is_infected(b"abc")

    assert bytes(heard) == b"zINSTREAM\0" + b"\0\0\0\3abc" + b"\0\0\0\0"


@pytest.mark.parametrize(
    "reply", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: who knows\0", b"\xff\0"]
)
def test_any_other_answer_is_none(settings, tmp_path, reply):
    with answering(tmp_path, reply) as (address, _heard):
        settings.CLAMD_SOCKET = address
        with pytest.raises(scanning.NoAnswer):
            scanning.is_infected(b"abc")


def test_a_scanner_that_is_away_is_no_answer(settings, tmp_path):
    settings.CLAMD_SOCKET = str(tmp_path / "nobody")

    with pytest.raises(scanning.NoAnswer):
        scanning.is_infected(b"abc")
