from argparse import ArgumentParser
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import erasure
from accounts.models import Erasure, Patient, User
from core import tenancy
from core.policy import OPERATOR, serves


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Destroy a patient's key, and with it all that she told. Nothing brings it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "ref", type=UUID, nargs="?", help="the patient's id in addresses, a UUID"
        )
        parser.add_argument("--reason", choices=Erasure.Reason.values, required=True)
        parser.add_argument("--by", required=True, metavar="EMAIL", help="who decided it")
        parser.add_argument(
            "--restored",
            action="store_true",
            help="after restoring a backup: erase again whoever had been erased since",
        )

    @tenancy.every_practice()
    def handle(
        self, *, ref: UUID | None, reason: str, by: str, restored: bool, **_options: object
    ) -> None:
        found = list(erasure.undone()) if restored else [patient_of(ref)]
        for patient in found:
            try:
                erasure.erase(patient=patient, reason=reason, by=actor(by), now=timezone.now())
            except erasure.OnHold as hold:
                raise CommandError(f"{patient} is under a legal hold.") from hold
            self.stdout.write(f"{patient} is erased.")


def patient_of(ref: UUID | None) -> Patient:
    if ref is None:
        raise CommandError("Name a patient, or say --restored.")
    try:
        return Patient.objects.get(ref=ref)
    except Patient.DoesNotExist as error:
        raise CommandError("No patient has this id.") from error


def actor(email: str) -> User:
    found = User.objects.filter(email__iexact=email, is_active=True, memberships__isnull=False)
    if person := found.first():  # once for each of her roles
        return person
    raise CommandError("Nobody on the staff has this email.")
