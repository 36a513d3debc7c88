"""Every place where a patient's words could come to lie by mistake, and how to look through it."""

import base64
import binascii
import email
import json
import re
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import policy
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

import psycopg

BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
DEEPEST = 3  # a cache entry in a dump is base64 of a pickle; a session is base64 of zlib


def disguises(word: str) -> set[bytes]:
    """The word as it may be written: plain, in an address, in JSON, in hexadecimal."""
    forms = set()
    for said in (word, word.lower(), word.upper()):
        forms |= {said, quote(said), quote(said, safe=""), quote_plus(said)}
        forms |= {json.dumps(said)[1:-1], said.encode("unicode_escape").decode()}
        forms |= {said.encode().hex(), said.encode("utf-16-le").hex()}
    return {form.encode().lower() for form in forms}


def found(words: list[str], blob: bytes | str) -> list[str]:
    """Which of the words are in there, also where it is packed in base64 or compressed."""
    data = blob.encode() if isinstance(blob, str) else blob
    pieces = [piece.lower() for piece in unpacked(data)]
    return [word for word in words if any(d in p for d in disguises(word) for p in pieces)]


def unpacked(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """The data itself, and whatever in it is base64, and whatever of that is compressed."""
    yield data
    if depth == DEEPEST:
        return
    for run in set(BASE64.findall(data)):
        for start in range(4):  # a letter or two before it may belong to something else
            with suppress(binascii.Error, ValueError):
                body = run[start:].rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
                whole = body[: len(body) - (len(body) % 4 == 1)]
                inner = base64.b64decode(whole + b"=" * (-len(whole) % 4))
                yield from unpacked(opened(inner), depth + 1)


def opened(data: bytes) -> bytes:
    with suppress(zlib.error):
        return zlib.decompress(data)
    return data


def texts_of(letter: Path) -> tuple[str, str]:
    """To whom a mail goes, and all that is in it: headers, text, attachments, decoded."""
    mail = email.message_from_bytes(letter.read_bytes(), policy=policy.default)
    parts = [part.get_payload(decode=True) or b"" for part in mail.walk()]
    names = [part.get_filename() or "" for part in mail.walk()]
    headers = [f"{name}: {value}" for name, value in mail.items()]
    return mail["To"], "\n".join([*headers, *names, *(p.decode() for p in parts)])


class Overheard:
    """What passes by, as it passes."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    @property
    def text(self) -> bytes:
        return b"\n".join(self.lines)


@contextmanager
def listening_to_redis(url: str) -> Iterator[Overheard]:
    """Every command that Redis gets, by MONITOR: keys, values, and what is published."""
    heard, address = Overheard(), urlsplit(url)
    line = socket.create_connection((address.hostname, address.port))
    line.sendall(b"MONITOR\r\n")

    def listen() -> None:
        with suppress(OSError):
            while piece := line.recv(65536):
                heard.lines.append(plain(piece))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        line.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        line.close()


def plain(escaped: bytes) -> bytes:
    """MONITOR writes a byte that is no letter as \\xNN."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), escaped)


@contextmanager
def listening_to_postgres(dsn: str, password: str) -> Iterator[Overheard]:
    """Every payload of NOTIFY."""
    heard, is_over = Overheard(), threading.Event()
    database = psycopg.connect(dsn, password=password, autocommit=True)
    database.execute("LISTEN events")

    def listen() -> None:
        while not is_over.is_set():
            heard.lines += [n.payload.encode() for n in database.notifies(timeout=0.2)]

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        is_over.set()
        thread.join(5)
        database.close()
