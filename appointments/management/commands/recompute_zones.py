import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from appointments import zone_changes
from appointments.zone_changes import Recomputed
from core import tenancy
from core.policy import OPERATOR, serves


@serves(OPERATOR)
class Command(BaseCommand):
    help = (
        "After a new release of the time zones: give each visit to come the instant at which the"
        " provider's clock shows the time that was agreed on, and tell the two. Exit 1 where"
        " another visit is in the way: that one keeps its instant until somebody moves it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    @tenancy.every_practice()
    def handle(self, *, json: bool, **_options: object) -> None:
        done = zone_changes.recompute(now=timezone.now())
        self.stdout.write(as_json(done) if json else as_words(done))
        if done.conflicts:
            raise CommandError("Something is in the way of at least one visit.", returncode=1)


def as_json(done: Recomputed) -> str:
    ids = {"moved": done.moved, "conflicts": done.conflicts}
    return json.dumps({name: [str(visit.pk) for visit in visits] for name, visits in ids.items()})


def as_words(done: Recomputed) -> str:
    lines = [f"{len(done.moved)} visits were shifted."]
    lines += [f"Something is in the way of visit {visit.pk}." for visit in done.conflicts]
    return "\n".join(lines)
