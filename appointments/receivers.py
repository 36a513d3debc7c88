"""What the index of free time does when something has happened below."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import Provider
from accounts.signals import licences_changed
from appointments import indexing


@receiver(licences_changed)
def renew_index(*, provider: Provider, now: datetime, **_: Any) -> None:
    indexing.renew(indexing.lock([provider.pk]), now=now)
