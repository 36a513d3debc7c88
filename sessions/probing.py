"""Asking the probe, from the web process, which loads nothing of aiortc for it."""

import json
import socket
from pathlib import Path
from typing import Any

from django.conf import settings

MAX_BYTES = 64 * 1024
PATIENCE_SECONDS = 5.0  # it gathers its candidates before it answers


class NoAnswer(Exception):
    """The probe is not running, is busy, or did not understand."""


def address() -> Path:
    """Where the probe listens. Only this account may connect (the file's mode)."""
    return Path(settings.DATA_DIR) / "probe.sock"


def ask(offer: str) -> str:
    """
    Return the probe's answer to an offer (both SDP).

    :raises NoAnswer: as it says
    """
    try:
        answer = _exchange({"sdp": offer})["sdp"]
    except (OSError, ValueError, KeyError) as problem:
        raise NoAnswer from problem
    return str(answer)


def _exchange(question: dict[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE_SECONDS)
        line.connect(str(address()))
        line.sendall(json.dumps(question).encode() + b"\n")
        with line.makefile("rb") as answers:
            reply: dict[str, Any] = json.loads(answers.readline(MAX_BYTES))
            return reply
