"""Removing files that no row names: of messages that were undone, of checks, of erased patients."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from core import outbox, sealed_files, whole_file
from core.duties import handler
from core.policy import SYSTEM, serves
from messaging import checking
from messaging.models import Attachment

KIND = "attachment.sweep"
AGE = timedelta(hours=1)  # a row may still be on its way to what is younger


def ask(*, now: datetime) -> None:
    """Make this hour's sweep a duty: duties see the rows of every practice, and so all files."""
    outbox.enqueue(KIND, key=f"{now:%Y-%m-%dT%H}", payload={}, due_at=now)


@handler(KIND)
@serves(SYSTEM)
def sweep(_payload: dict[str, Any], now: datetime) -> None:
    old = list(sealed_files.older_than(now - AGE))
    # Asked for after the files are listed: a row that comes in between names a younger file.
    named = set(Attachment.objects.filter(file__isnull=False).values_list("file", flat=True))
    for path in old:
        if id_of(path) not in named or sealed_files.is_erased(path):
            path.unlink(missing_ok=True)
    checking.ask_again(before=now - AGE, now=now)


def id_of(path: Path) -> UUID | None:
    """The name by which a row would know the file; None for one that was cut short."""
    return None if path.suffix == whole_file.PART else UUID(path.name)
