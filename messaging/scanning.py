"""Asking clamd, the virus scanner, where one is set up (CLAMD_SOCKET)."""

import socket
from itertools import count

from django.conf import settings

PATIENCE_SECONDS = 60.0
PIECE = 64 * 1024
LONGEST_REPLY = 1024
CLEAN, FOUND = "OK", "FOUND"


class NoAnswer(Exception):
    """The scanner is away, or could not look: the file waits until it can."""


def is_infected(content: bytes) -> bool:
    """
    :raises NoAnswer: nothing may be passed on that was not looked at
    """
    if not settings.CLAMD_SOCKET:
        return False
    try:
        verdict = _ask(content).rstrip("\0\n").rpartition(" ")[2]
    except OSError as problem:
        raise NoAnswer from problem
    if verdict not in (CLEAN, FOUND):
        raise NoAnswer(verdict)
    return verdict == FOUND


def _ask(content: bytes) -> str:
    """Send pieces, each after its length, and an empty one at the end (clamd(8), INSTREAM)."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE_SECONDS)
        line.connect(settings.CLAMD_SOCKET)
        line.sendall(b"zINSTREAM\0")
        for start in count(step=PIECE):
            piece = content[start : start + PIECE]
            line.sendall(len(piece).to_bytes(4, "big") + piece)
            if not piece:
                break
        with line.makefile("rb") as replies:
            return replies.read(LONGEST_REPLY).decode(errors="replace")
