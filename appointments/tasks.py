"""Wake-ups of the index of free time, of what is imported from elsewhere, and of the waitlist."""

from celery import shared_task
from django.utils import timezone

from appointments import importing, indexing, waitlist_offering
from core import tenancy
from core.policy import SYSTEM, serves


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def sweep_index(**_later: object) -> None:
    indexing.sweep(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def sweep_calendars(**_later: object) -> None:
    with tenancy.every_practice():
        importing.sweep(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
@serves(SYSTEM)
def sweep_waitlist(**_later: object) -> None:
    with tenancy.every_practice():
        waitlist_offering.sweep(now=timezone.now())
