"""The outbox: what must happen outside the database is a row first, and is done after the commit.

A broker can lose a running task, so a task is only a wake-up and the row is the duty.
`core.duties` does it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from core import tasks
from core.models import Duty


def enqueue(kind: str, *, key: str, payload: dict[str, Any], due_at: datetime) -> None:
    """Make it a duty to do `kind` once for `key`, no sooner than `due_at`.

    Must be called in the transaction of the change that makes it due. The payload is ids; asked
    twice with one key, the first row stays.
    """
    duty = Duty(kind=kind, key=key, payload=payload, due_at=due_at)
    Duty.objects.bulk_create([duty], ignore_conflicts=True)  # one query, and no race to lose
    transaction.on_commit(tasks.wake, robust=True)
