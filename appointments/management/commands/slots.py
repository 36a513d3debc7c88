import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import datetime

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from appointments import availability, slot_request
from core.policy import OPERATOR, serves
from core.strict_json import Malformed


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Read a question from standard input; print the starts at which a visit can be booked."
    requires_system_checks = []  # they would only keep a question waiting that needs no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = slot_request.__doc__
        parser.add_argument(
            "--json", action="store_true", required=True, help='answer {"slots": [start, ...]}'
        )

    def handle(self, **_options: object) -> None:
        try:
            asked = slot_request.read(sys.stdin.buffer.read())
        except Malformed as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        found = availability.slots(asked.plan, busy=asked.busy, window=asked.window, now=asked.now)
        self.stdout.write(json.dumps({"slots": [rfc3339(start) for start in found]}))


def rfc3339(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
