"""Wake-ups of messaging."""

from celery import shared_task
from django.utils import timezone

from core.policy import SYSTEM, serves
from messaging import sweeping


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def sweep_attachments(**_later: object) -> None:
    sweeping.ask(now=timezone.now())
