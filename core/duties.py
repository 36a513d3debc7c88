"""Doing duties: claimed under a lock, done once, tried again with growing pauses.

A handler may run again after a crash, so what it does outside must bear repeating. A duty that
keeps failing is set aside for a person.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core import reads, tenancy
from core.models import Duty
from core.policy import policy_of

log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], datetime], None]
HANDLERS: dict[str, Handler] = {}
MAX_ATTEMPTS = 8
# Doubled each time: the eighth try comes after about 20 minutes.
FIRST_PAUSE = timedelta(seconds=10)
MOST_A_SWEEP = 200


class CannotBeDone(Exception):
    """Trying again will not help; the duty goes to a person at once."""


class Moot(Exception):
    """There is nothing left to do: the duty is closed, and its row keeps the reason's name."""


class NotYet(Exception):
    """It may not be done at this moment; asking counts as no try."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class NotClassified(CannotBeDone):
    """The handler does not say whom it serves (core.policy)."""


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does duties of `kind`. It gets the payload and the time."""

    def register(function: Handler) -> Handler:
        if kind in HANDLERS:
            raise ValueError(f"Two handlers for {kind}")
        HANDLERS[kind] = function
        return function

    return register


def sweep(*, now: datetime, limit: int = MOST_A_SWEEP) -> int:
    """Do what is due, oldest first. Return how many duties were looked after."""
    count = 0
    while count < limit and do_next(now=now):
        count += 1
    return count


@transaction.atomic
def do_next(*, now: datetime) -> bool:
    """Claim the oldest due duty and do it. Return False when nothing is due."""
    open_and_due = Duty.objects.filter(done_at=None, dead_at=None, due_at__lte=now)
    duty = open_and_due.order_by("due_at").select_for_update(skip_locked=True).first()
    if duty is None:
        return False
    attempt(duty, now=now)
    return True


def attempt(duty: Duty, *, now: datetime) -> None:
    """Run the handler in a savepoint: a failure undoes its writes but not our note of it."""
    duty.attempts_count += 1
    try:
        reading = reads.recorded(action=reads.action(f"duty.{duty.kind}"), by=None, at=now)
        with tenancy.every_practice(), transaction.atomic(), reading:
            handler_of(duty.kind)(duty.payload, now)
        duty.done_at = now
    except Moot as reason:
        duty.done_at, duty.error = now, type(reason).__name__
    except NotYet as pause:
        duty.attempts_count -= 1
        duty.due_at = pause.until
    except Exception as failure:
        note_failure(duty, failure, now=now)
    duty.save()


def handler_of(kind: str) -> Handler:
    """
    :raises NotClassified: what nobody has classified tells nobody anything
    """
    found = HANDLERS[kind]
    if policy_of(found) is None:
        raise NotClassified(kind)
    return found


def note_failure(duty: Duty, failure: Exception, *, now: datetime) -> None:
    """Plan the next try, or set the duty aside. The log gets the failure's kind, not its text."""
    duty.error = type(failure).__name__
    log.warning("duty %s (%s) failed: %s", duty.pk, duty.kind, duty.error)
    if isinstance(failure, CannotBeDone) or duty.attempts_count >= MAX_ATTEMPTS:
        duty.dead_at = now
    else:
        duty.due_at = now + FIRST_PAUSE * 2 ** (duty.attempts_count - 1)
