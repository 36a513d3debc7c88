import json
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from core import anchors, tenancy, verification
from core.policy import OPERATOR, serves


@serves(OPERATOR)
class Command(BaseCommand):
    help = "verify: check every chain of the audit trail. Exit 1 where one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=["verify"])
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    @tenancy.every_practice()
    def handle(self, *, json: bool, **_options: object) -> None:
        if not anchors.newest_files():
            self.stderr.write(
                f"No anchor in {anchors.folder()}: rows that were cut off together with their"
                " head would not be missed."
            )
        result = verification.verify()
        self.stdout.write(as_json(result) if json else as_words(result))
        if result.broken:
            raise CommandError("The audit trail is broken.", returncode=1)


def as_json(result: verification.Result) -> str:
    return json.dumps(asdict(result))


def as_words(result: verification.Result) -> str:
    """What was looked at, and a line for each fault."""
    found = [f"{result.rows} rows in {result.chains} chains", *map(str, result.broken)]
    return "\n".join(found)
