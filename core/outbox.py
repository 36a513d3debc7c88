"""The outbox: what must happen outside the database is a row first, and is done after the commit.

A broker can lose a running task, so a task is only a wake-up and the row is the duty.
`core.duties` does it. What it has set aside, a person may ask for again (`retry`) or close
(`settle`).
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from core import tasks
from core.models import Duty


class NotDead(Exception):
    """The duty is not set aside: somebody was faster, or it is still tried."""


def enqueue(kind: str, *, key: str, payload: dict[str, Any], due_at: datetime) -> None:
    """Make it a duty to do `kind` once for `key`, no sooner than `due_at`.

    Must be called in the transaction of the change that makes it due. The payload is ids; asked
    twice with one key, the first row stays.
    """
    duty = Duty(kind=kind, key=key, payload=payload, due_at=due_at)
    Duty.objects.bulk_create([duty], ignore_conflicts=True)  # one query, and no race to lose
    transaction.on_commit(tasks.wake, robust=True)


def hasten(kind: str, *, now: datetime) -> None:
    """Let duties of `kind` that were put off, and have not failed, be done at once: what they
    waited for has happened."""
    put_off = Duty.objects.filter(kind=kind, done_at=None, dead_at=None, attempts_count=0)
    put_off.filter(due_at__gt=now).update(due_at=now)


@transaction.atomic
def retry(duty: Duty, *, now: datetime) -> None:
    """Let a duty that was set aside be tried anew, as often as the first time.

    :raises NotDead:
    """
    _revive(duty, dead_at=None, attempts_count=0, due_at=now)
    transaction.on_commit(tasks.wake, robust=True)


@transaction.atomic
def settle(duty: Duty, *, now: datetime) -> None:
    """Close a duty that was set aside: somebody has done by hand what it was for.

    :raises NotDead:
    """
    _revive(duty, dead_at=None, done_at=now)


def _revive(duty: Duty, **fields: Any) -> None:
    if not Duty.objects.filter(pk=duty.pk, dead_at__isnull=False).update(**fields):
        raise NotDead
