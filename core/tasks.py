"""Wake-ups. They carry nothing, may be lost, and may run twice."""

import logging

from celery import shared_task
from django.core.cache import caches
from django.utils import timezone
from kombu.exceptions import OperationalError

from core import duties
from core.cache import CountingCache
from core.models import Heartbeat
from core.policy import SYSTEM, serves
from core.session_store import SessionStore

log = logging.getLogger(__name__)


def wake() -> None:
    """Ask a worker to look at the outbox now. A broker that is down costs a delay, not the duty."""
    try:
        sweep_outbox.delay()
    except OperationalError:
        log.warning("the broker is away; the next sweep will find the duty")


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def sweep_outbox(**_later: object) -> None:
    """Each duty gets the time at which it begins: a sweep behind a slow mail server may last."""
    for _number in range(duties.MOST_A_SWEEP):
        if not duties.do_next(now=timezone.now()):
            return
    wake()  # there is more, and a worker that is asked to stop can stop in between


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def beat(**_later: object) -> None:
    """Show /readyz that beat asks and a worker answers."""
    Heartbeat.objects.update_or_create(name="beat", defaults={"beaten_at": timezone.now()})


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def sweep_expired(**_later: object) -> None:
    """Remove sessions that have ended and tries that no longer count. Redis sweeps its own."""
    SessionStore.clear_expired()
    kept = caches["default"]
    if isinstance(kept, CountingCache):
        kept.sweep()
