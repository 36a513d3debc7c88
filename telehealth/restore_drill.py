"""The restore drill: is what a backup would bring back whole, and how long does it take?

The running database is copied by PostgreSQL's tools and restored into a server of its own, on which
the audit trail, the books, the sealed values and the count of every table are looked at. The site
goes on meanwhile and is only read; the copy and its server are removed, however the drill ends.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg

from accounts.models import Erasure
from billing import reconciliation
from core import anchors, dumps, postgres, sealed_sample, verification
from core.database.elsewhere import elsewhere

Tell = Callable[[str], None]


class AlreadyRunning(Exception):
    """Another drill has the folder."""


@dataclass(frozen=True)
class Differs:
    table: str
    live: int | None  # None: there is no such table
    restored: int | None


@dataclass(frozen=True)
class Drill:
    seconds: dict[str, float]
    dump_bytes: int
    tables: int
    rows: int
    differences: list[Differs]
    audit: verification.Result
    ledger: reconciliation.Check
    sealed: sealed_sample.Sample

    @property
    def is_good(self) -> bool:
        faults = (self.differences, self.audit.broken, self.sealed.faults)
        return not any(faults) and self.ledger.adds_up

    def as_document(self) -> dict[str, Any]:
        return {"ok": self.is_good, **asdict(self)}


class Watch:
    """Seconds by what they were spent on."""

    def __init__(self, tell: Tell) -> None:
        self.seconds: dict[str, float] = {}
        self.tell, self.since = tell, monotonic()

    def lap(self, name: str) -> None:
        now = monotonic()
        self.seconds[name] = round(now - self.since, 2)
        self.tell(f"{name}: {self.seconds[name]} s")
        self.since = now


def hold(*, folder: Path, now: datetime, tell: Tell) -> Drill:
    """
    Hold the drill. Needs the database's owner, and every practice in force.

    :param folder: for the copy and its server: about twice what the database takes
    :param tell: hears how long each part took, as soon as it is done
    :raises AlreadyRunning:
    :raises dumps.Failed: the copy could not be made or restored: it would be no backup
    :raises postgres.Unavailable: no server can run here
    """
    watch = Watch(tell)
    lines = anchors.newest()  # before the copy: later ones tell of rows that are not in it
    with _alone(folder), _removed(folder / "drill.dump") as path:
        source = dumps.dump(path)
        watch.lap("dump")
        with postgres.scratch(folder / "drill") as url:
            dumps.restore(path, url, roles=source.roles)
            watch.lap("restore")
            with elsewhere(url):
                refs = Erasure.objects.values_list("patient__ref", "patient__user__ref")
                audit = verification.verify(lines=lines)
                ledger = reconciliation.check(now=now)
                sealed = sealed_sample.take(erased={*chain(*refs)})
            restored = rows_at(url)
            watch.lap("verify")
        return Drill(
            seconds=watch.seconds,
            dump_bytes=path.stat().st_size,
            tables=len(source.rows),
            rows=sum(source.rows.values()),
            differences=differences(source.rows, restored),
            audit=audit,
            ledger=ledger,
            sealed=sealed,
        )


def rows_at(url: str) -> dict[str, int]:
    with psycopg.connect(url) as database:
        return dumps.count_rows(database)


def differences(live: dict[str, int], restored: dict[str, int]) -> list[Differs]:
    found = (Differs(table, live.get(table), restored.get(table)) for table in live | restored)
    return [pair for pair in found if pair.live != pair.restored]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "drill.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        yield


@contextmanager
def _removed(path: Path) -> Iterator[Path]:
    """Make sure that the file is gone at the end, and what a killed drill left at the beginning."""
    path.unlink(missing_ok=True)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
