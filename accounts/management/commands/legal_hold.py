from argparse import ArgumentParser
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import holds
from accounts.management.commands.erase_patient import actor, patient_of
from core import tenancy
from core.policy import OPERATOR, serves


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Keep a patient's record from being erased, or let go of it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ref", type=UUID, help="the patient's id in addresses, a UUID")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="who decided it")
        deed = parser.add_mutually_exclusive_group(required=True)
        deed.add_argument("--reason", help="place a hold, and why")
        deed.add_argument("--lift", action="store_true", help="lift the hold")

    @tenancy.every_practice()
    def handle(self, *, ref: UUID, by: str, reason: str | None, **_options: object) -> None:
        patient, person, now = patient_of(ref), actor(by), timezone.now()
        try:
            if reason:
                holds.place(patient=patient, reason=reason, by=person, now=now)
            else:
                holds.lift(patient=patient, by=person, now=now)
        except (holds.AlreadyHeld, holds.NotHeld) as refusal:
            raise CommandError(type(refusal).__doc__ or "") from refusal
        self.stdout.write(f"{patient} is {'under a hold' if reason else 'free'}.")
