import json as documents
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib import import_module

from django.core.management.base import BaseCommand

from core.policy import OPERATOR, serves

NAMES = ("slots", "directory")


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Run a benchmark of the project's own; print its figures."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = "\n".join(str(import_module(f"bench.{name}").__doc__) for name in NAMES)
        parser.add_argument("name", choices=NAMES)
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *, name: str, json: bool, **_options: object) -> None:
        figures = import_module(f"bench.{name}").run()
        if json:
            self.stdout.write(documents.dumps(figures))
        else:
            self.stdout.write("\n".join(f"{what}: {figure}" for what, figure in figures.items()))
