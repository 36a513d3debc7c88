from django.conf import settings
from django.core.management.base import BaseCommand

from core import keystore
from core.policy import OPERATOR, serves

TELL_EVERY = 1000


@serves(OPERATOR)
class Command(BaseCommand):
    help = (
        "Wrap every data key with the newest key-encryption key. May run while the site runs,"
        " be stopped, and be run again. Then the older ones can go."
    )

    def handle(self, **_options: object) -> None:
        seen_count = changed_count = 0
        for name in keystore.names():
            changed_count += keystore.rewrap(*name)
            seen_count += 1
            if seen_count % TELL_EVERY == 0:
                self.stdout.write(f"{seen_count} keys seen")
        newest = settings.KEY_WRAPPER.newest
        self.stdout.write(f"{seen_count} keys, {changed_count} of them wrapped anew: all {newest}")
