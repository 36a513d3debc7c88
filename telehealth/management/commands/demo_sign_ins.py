from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.policy import OPERATOR, serves
from telehealth.demo import accounts


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Print who can sign in to the demo practice: role, email, password."

    def handle(self, *_args: object, **_options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo people exist in development only (DJANGO_DEBUG=true).")
        for person in accounts.sign_ins():
            self.stdout.write(f"{person.code:16}{person.email:36}{accounts.PASSWORD}")
