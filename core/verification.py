"""Whether the audit trail is what was written: every chain from its first row to its head, and to
the anchors outside of the database.

The hashes are computed here once more, from the rows as they are read; nothing of what the
database computed is taken for granted.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection, transaction

from core import anchors

GENESIS = "0" * 64
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
AT_ONCE = 5_000  # rows in memory

# What a hash covers, in its order, then the links, then the chain's head.
COVERED = (
    "chain", "number", "id", "at", "action", "by_id", "on_behalf_of_id", "role", "reason",
    "purpose", "request_id", "patient_id", "subject_type", "subject_id",
)  # fmt: skip
AT = COVERED.index("at")
# One statement, so that rows and heads are of one moment however much is written meanwhile.
ROWS = f"""
SELECT {", ".join(f"event.{name}" for name in COVERED)}, event.previous, event.hash,
  head.number, head.hash
FROM core_auditevent event LEFT JOIN core_audithead head ON head.chain = event.chain
ORDER BY event.chain, event.number
"""  # noqa: S608 -- constants
EMPTIED = """
SELECT chain FROM core_audithead head
WHERE NOT EXISTS (SELECT FROM core_auditevent event WHERE event.chain = head.chain) ORDER BY chain
"""

Row = tuple[Any, ...]
Anchored = dict[int, dict[int, str]]  # chain, number, hash


@dataclass
class Result:
    rows: int = 0
    chains: int = 0
    broken: list[dict[str, Any]] = field(default_factory=list)


@transaction.atomic
def verify(*, lines: anchors.Lines | None = None) -> Result:
    """
    Read all of the trail, a few thousand rows at a time. One fault a chain: its first.

    :param lines: the anchors as they were when an older copy of the database was made
    """
    result = Result()
    anchored = anchored_heads(anchors.newest() if lines is None else lines, result)
    for chain, rows in groupby(stream(), key=itemgetter(0)):
        check_chain(chain, rows, anchored.pop(chain, {}), result)
    for chain in sorted(emptied() | anchored.keys()):
        result.chains += 1
        result.broken.append({"chain": chain, "number": 1, "fault": "all rows are missing"})
    return result


def stream() -> Iterator[Row]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(ROWS)
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows


def emptied() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(EMPTIED)
        return {chain for (chain,) in cursor.fetchall()}


def check_chain(chain: int, rows: Iterable[Row], anchored: dict[int, str], result: Result) -> None:
    """Follow a chain to its end, counting all of it, and note where it first breaks."""
    fault = None
    number, link = 0, GENESIS
    row: Row = ()
    for row in rows:
        result.rows += 1
        fault = fault or fault_of(row, number + 1, link, anchored)
        number, link = row[1], row[-3]
    result.chains += 1
    if fault := fault or fault_at_end(row, anchored):
        result.broken.append({"chain": chain, "number": fault[0], "fault": fault[1]})


Fault = tuple[int, str]


def fault_of(row: Row, number: int, previous: str, anchored: dict[int, str]) -> Fault | None:
    *_covered, found_previous, found_hash, _head_number, _head_hash = row
    if row[1] != number:
        return number, "a row is missing or out of order"
    if found_previous != previous:
        return number, "the row does not follow the one before"
    if found_hash != hash_of(row, previous):
        return number, "the row was changed"
    if anchored.get(number, found_hash) != found_hash:
        return number, "the row is not the one that was anchored"
    return None


def fault_at_end(row: Row, anchored: dict[int, str]) -> Fault | None:
    number, found_hash, head_number, head_hash = row[1], *row[-3:]
    if head_number is None:
        return number, "the head is missing"
    if head_number > number or max(anchored, default=0) > number:
        return number + 1, "rows at the end are missing"
    if (head_number, head_hash) != (number, found_hash):
        return number, "the head is not the last row"
    return None


def hash_of(row: Row, previous: str) -> str:
    """Compute what the database must have: over the hash before and the row, as a JSON list."""
    covered = [*row[:AT], (row[AT] - EPOCH) // MICROSECOND, *row[AT + 1 : len(COVERED)]]
    return hashlib.sha256((previous + json.dumps(covered, ensure_ascii=False)).encode()).hexdigest()


def anchored_heads(lines_by_file: anchors.Lines, result: Result) -> Anchored:
    """Gather what the anchors say, and note a file whose last root is not of its lines."""
    said: Anchored = {}
    for name, lines in lines_by_file.items():
        for line in lines:
            for chain, head in line["moved"].items():
                if head:
                    # The first that was said of a row: a later one may be of a forgery.
                    said.setdefault(int(chain), {}).setdefault(*head)
        if lines and anchors.merkle_root(anchors.replayed(lines)) != lines[-1]["root"]:
            result.broken.append({"anchor": name, "fault": "the anchors were changed"})
    return said
