"""Wake-ups of the room."""

from celery import shared_task
from django.utils import timezone

from core import tenancy
from core.policy import SYSTEM, serves
from sessions import closing


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def close_abandoned_rooms(**_later: object) -> None:
    with tenancy.every_practice():
        closing.close_abandoned(now=timezone.now())
