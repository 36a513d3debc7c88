import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Practice
from telehealth.demo import seed
from telehealth.demo.progress import Progress


class Command(BaseCommand):
    help = "Build the demo practice: people, and ten past and six coming weeks of their visits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", type=int, default=1, help="times as many people")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there is a practice"
        )

    def handle(self, *, scale: int, if_empty: bool, **_options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo people exist in development only (DJANGO_DEBUG=true).")
        if if_empty and Practice.objects.exists():
            return
        try:
            seed.build(now=timezone.now(), progress=Progress(sys.stderr), scale=scale)
        except seed.NotEmpty as problem:
            raise CommandError("There is a practice already; nothing was changed.") from problem
