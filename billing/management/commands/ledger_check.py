import json
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing import reconciliation
from core import tenancy
from core.policy import OPERATOR, serves


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Check that the books balance and agree with the card network. Exit 1 if they do not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    @tenancy.every_practice()
    def handle(self, *, json: bool, **_options: object) -> None:
        result = reconciliation.check(now=timezone.now())
        self.stdout.write(as_json(result) if json else as_words(result))
        if not result.adds_up:
            raise CommandError("The books do not add up.", returncode=1)


def as_json(result: reconciliation.Check) -> str:
    return json.dumps(asdict(result))


def as_words(result: reconciliation.Check) -> str:
    """One line a figure, for a person at a terminal."""
    return "\n".join(f"{name}: {value}" for name, value in asdict(result).items())
