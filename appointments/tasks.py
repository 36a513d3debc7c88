"""Wake-ups of the index of free time."""

from celery import shared_task
from django.utils import timezone

from appointments import indexing
from core.policy import SYSTEM, serves


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def sweep_index(**_later: object) -> None:
    indexing.sweep(now=timezone.now())
