"""What the browsers may say to the room, as one pure function over one frame.

A frame is a JSON object `{v, t, epoch, seq, …}`: the version, the kind, the epoch of the sender's
seat, a number that grows with each frame, and the fields of the kind. Nothing else is let through:
a frame that is relayed reaches a browser on the other side.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

VERSION = 1
MAX_BYTES = 64 * 1024  # an offer with all its codecs is about 6 KiB
MAX_NUMBER = 2**31 - 1

PATIENT, PROVIDER = "patient", "provider"

Check = Callable[[Any], bool]


class BadFrame(Exception):
    """Nothing that our pages send."""


class FrameTooLarge(BadFrame):
    """Larger than any frame of ours."""


@dataclass(frozen=True)
class Frame:
    kind: str
    epoch: int
    seq: int
    body: dict[str, Any]


def is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_NUMBER


def is_flag(value: Any) -> bool:
    return type(value) is bool


def is_token(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9-]{1,40}", value) is not None


def is_number_word(value: Any) -> bool:
    """256 bits in hexadecimal digits: a number, or its hash."""
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_description(value: Any) -> bool:
    return value in ("offer", "answer") and isinstance(value, str)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def is_number_or_none(value: Any) -> bool:
    return value is None or is_number(value)


NOTHING: dict[str, Check] = {}
FIELDS: dict[str, dict[str, Check]] = {
    "knock": NOTHING,
    "admit": NOTHING,
    "end": NOTHING,
    "leave": NOTHING,
    "ping": NOTHING,
    "ice": NOTHING,  # asks for fresh relay credentials
    "prepare": {"page": is_token},  # the patient's page is ready for an offer
    "desc": {"call": is_token, "type": is_description, "sdp": is_text},
    "cand": {
        "call": is_token,
        "candidate": is_text,
        "mid": is_text_or_none,
        "line": is_number_or_none,
    },
    # How the two pages come to the digits that show that nobody is in between (proof.js).
    "commit": {"call": is_token, "hash": is_number_word},
    "reveal": {"call": is_token, "number": is_number_word},
    "differ": {"call": is_token},  # the digits are not the same, or somebody changed a frame
    "connected": {"call": is_token},
    "media": {"mic": is_flag, "cam": is_flag},
}

BOTH = frozenset({"desc", "cand", "reveal", "differ", "connected", "media", "leave", "ping", "ice"})
KINDS = {PATIENT: BOTH | {"knock", "prepare"}, PROVIDER: BOTH | {"admit", "end", "commit"}}

ANY_TIME = frozenset({"scheduled", "waiting", "admitted", "live"})
# The connection is made while the patient waits and is empty until she is admitted, so that the
# picture is there at once. Only with both people present: it shows each the other's address.
LOBBY = frozenset({"waiting", "admitted", "live"})
INSIDE = frozenset({"admitted", "live"})
TIMES = {
    "prepare": LOBBY,
    "desc": LOBBY,
    "cand": LOBBY,
    "commit": LOBBY,
    "reveal": LOBBY,
    "differ": LOBBY,
    "admit": LOBBY,
    "connected": INSIDE,
    "media": INSIDE,
}
RELAYED = frozenset({"prepare", "desc", "cand", "commit", "reveal", "differ", "media"})


def parse(text: str | None, *, role: str) -> Frame:
    """
    Read one frame from somebody who is `role` in the room.

    :param text: the text of the frame; None for a binary one
    :raises BadFrame: for everything but a frame that this role may send
    """
    content = _load(text)
    kind = content.get("t")
    if not isinstance(kind, str) or kind not in KINDS[role]:
        raise BadFrame("kind")
    if type(content.get("v")) is not int or content["v"] != VERSION:
        raise BadFrame("version")
    checks = {"epoch": is_number, "seq": is_number, **FIELDS[kind]}
    if content.keys() != {"v", "t", *checks}:
        raise BadFrame("fields")
    if not all(check(content[name]) for name, check in checks.items()):
        raise BadFrame("values")
    body = {name: content[name] for name in FIELDS[kind]}
    return Frame(kind, content["epoch"], content["seq"], body)


def _load(text: str | None) -> dict[str, Any]:
    if text is None:
        raise BadFrame("binary")
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise FrameTooLarge
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BadFrame("not JSON") from problem
    if not isinstance(content, dict):
        raise BadFrame("not an object")
    return content


def is_timely(kind: str, *, status: str, is_other_present: bool) -> bool:
    """Whether a frame of `kind` has its place while the room's status is `status`."""
    if kind in RELAYED and not is_other_present:
        return False
    return status in TIMES.get(kind, ANY_TIME)
