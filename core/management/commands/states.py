from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import states
from core.policy import OPERATOR, serves


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Draw the states of each model into docs/states/, or check that the pictures are true."
    requires_system_checks = []  # it reads the models only, and so starts no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "docs" / "states")

    def handle(self, *, check: bool, folder: Path, **_options: object) -> None:
        wanted = states.pictures()
        present = {path.name: path.read_text() for path in folder.glob("*.md")}
        stale = sorted(n for n in wanted.keys() | present if wanted.get(n) != present.get(n))
        if check and stale:
            raise CommandError(f"Run `manage.py states`: not up to date are {', '.join(stale)}.")
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            if name in wanted:
                (folder / name).write_text(wanted[name])
            else:
                (folder / name).unlink()
