import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import tenancy
from core.policy import OPERATOR, serves
from telehealth.demo import seed
from telehealth.demo.progress import Progress


def times(text: str) -> int:
    """
    :raises ValueError: which argparse reports
    """
    if (scale := int(text)) < 1:
        raise ValueError
    return scale


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Build the demo practice: people, and ten past and six coming weeks of their visits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", type=times, default=1, help="times as many people")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there is a practice"
        )

    @tenancy.every_practice()
    def handle(self, *, scale: int, if_empty: bool, **_options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo people exist in development only (DJANGO_DEBUG=true).")
        try:
            seed.build(now=timezone.now(), progress=Progress(sys.stderr), scale=scale)
        except seed.NotEmpty as problem:
            if if_empty:
                return
            raise CommandError("There is a practice already; nothing was changed.") from problem
