from django.core.management.base import BaseCommand
from django.utils import timezone

from appointments import indexing
from appointments.models import Indexed
from core.policy import OPERATOR, serves


@serves(OPERATOR)
class Command(BaseCommand):
    help = (
        "Make the index of free time anew for every provider: after a new release of the time"
        " zones, or in doubt. It may run while people book."
    )

    def handle(self, **_options: object) -> None:
        Indexed.objects.update(due_at=indexing.LONG_AGO)
        count = indexing.sweep(now=timezone.now())
        self.stdout.write(f"Made the index anew for {count} providers.")
