"""Wake-ups that belong to no app."""

from celery import shared_task
from django.utils import timezone

from core import anchors
from core.policy import SYSTEM, serves


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def anchor_audit(**_later: object) -> None:
    anchors.ask(now=timezone.now())
