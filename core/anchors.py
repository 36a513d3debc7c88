"""Anchors: every hour, what the heads of all audit chains are, written down outside the database.

Whoever owns the database could rewrite a chain and its head. What was written elsewhere before
then says otherwise. An anchor is a line of a file that is only added to, one file a month:

    {"at": ..., "hour": ..., "chains": 151, "root": "…", "moved": {"7": [12, "…"], "9": null}}

`moved` holds the heads that differ from the line before (null: the chain is gone), so the first
line of a file holds them all. `root` is the Merkle root over all heads (RFC 6962's way), short
enough for a mail.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from core import outbox
from core.duties import handler
from core.models import AuditHead
from core.policy import SYSTEM, serves

KIND = "audit.anchor"
FILES_READ = 3  # months; what was rewritten before then differs from these as well

Head = tuple[int, str]  # number and hash of a chain's last row
Heads = dict[int, Head]
Lines = dict[str, list[dict[str, Any]]]


def ask(*, now: datetime) -> None:
    """Make it a duty to write this hour's anchor, as soon as there is anything to hold fast.

    Asked every minute, so that the first rows of a new site do not wait for the full hour, nor
    those from while nothing ran.
    """
    if not AuditHead.objects.exists():
        return
    hour = now.astimezone(UTC).strftime("%Y-%m-%dT%HZ")
    outbox.enqueue(KIND, key=hour, payload={"hour": hour}, due_at=now)


@handler(KIND)
@serves(SYSTEM)
def anchor(payload: dict[str, Any], now: datetime) -> None:
    """Write the line of that hour, unless it is there, and mail its root."""
    path = folder() / f"{now.astimezone(UTC):%Y-%m}.jsonl"
    lines = list(read(path))
    line = next((line for line in lines if line["hour"] == payload["hour"]), None)
    if line is None:
        line = line_of(heads_now(), after=replayed(lines), hour=payload["hour"], now=now)
        append(path, line)
    if settings.AUDIT_ANCHOR_EMAIL:
        mail(line)


def folder() -> Path:
    return Path(settings.AUDIT_ANCHOR_DIR)


def heads_now() -> Heads:
    heads = AuditHead.objects.values_list("chain", "number", "hash")
    return {chain: (number, digest) for chain, number, digest in heads}


def line_of(heads: Heads, *, after: Heads, hour: str, now: datetime) -> dict[str, Any]:
    changed = {chain: head for chain, head in heads.items() if after.get(chain) != head}
    gone = dict.fromkeys(after.keys() - heads.keys())
    return {
        "at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hour": hour,
        "chains": len(heads),
        "root": merkle_root(heads),
        "moved": {str(chain): head for chain, head in sorted((changed | gone).items())},
    }


def append(path: Path, line: dict[str, Any]) -> None:
    """Add the line, and see that it is on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "a", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def mail(line: dict[str, Any]) -> None:
    words = f"{line['at']}\nchains: {line['chains']}\nroot: {line['root']}\n"
    subject = f"Anchor {line['hour']}"
    EmailMessage(subject, words, to=[settings.AUDIT_ANCHOR_EMAIL]).send()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines. One that was cut off, as a crash may leave it, counts as not written."""
    if not path.exists():
        return
    with path.open() as file:
        for text in file:
            try:
                yield json.loads(text)
            except ValueError:
                continue


def replayed(lines: Iterable[dict[str, Any]]) -> Heads:
    """Return the heads as they were at the last of the lines."""
    heads: Heads = {}
    for line in lines:
        heads |= {int(chain): head and tuple(head) for chain, head in line["moved"].items()}
    return {chain: head for chain, head in heads.items() if head}


def newest_files() -> list[Path]:
    return sorted(folder().glob("*.jsonl"))[-FILES_READ:]


def newest() -> Lines:
    """Return the lines of the newest files, by the files' names."""
    return {path.name: list(read(path)) for path in newest_files()}


def merkle_root(heads: Heads) -> str:
    """Return the root over the heads in the order of their chains."""
    level = [
        hashlib.sha256(f"\0{chain}:{number}:{digest}".encode()).digest()
        for chain, (number, digest) in sorted(heads.items())
    ]
    while len(level) > 1:
        pairs = [level[n : n + 2] for n in range(0, len(level), 2)]
        level = [_joined(pair) for pair in pairs]
    return level[0].hex() if level else hashlib.sha256().hexdigest()


def _joined(pair: list[bytes]) -> bytes:
    return hashlib.sha256(b"\1" + pair[0] + pair[1]).digest() if len(pair) > 1 else pair[0]
