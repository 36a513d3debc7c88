import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import dumps, postgres, tenancy
from core.policy import OPERATOR, serves
from telehealth import restore_drill

REFUSED = 2


@serves(OPERATOR)
class Command(BaseCommand):
    help = (
        "Copy the running database, restore the copy into a server of its own, verify it there and"
        " remove both. Prints one JSON document with what was found and the seconds it took. Exit"
        " 1: something does not hold. Exit 2: no drill could be held."
    )

    @tenancy.every_practice()
    def handle(self, **_options: object) -> None:
        try:
            drill = restore_drill.hold(
                folder=settings.DATA_DIR, now=timezone.now(), tell=self.stderr.write
            )
        except dumps.Failed as fault:
            self.stdout.write(json.dumps({"ok": False, "fault": str(fault)}))
            raise CommandError("The copy cannot be restored.", returncode=1) from fault
        except restore_drill.AlreadyRunning as other:
            raise CommandError("Another drill is running.", returncode=REFUSED) from other
        except postgres.Unavailable as loss:
            raise CommandError(str(loss), returncode=REFUSED) from loss
        self.stdout.write(json.dumps(drill.as_document()))
        if not drill.is_good:
            raise CommandError("What was restored does not hold.", returncode=1)
