from argparse import ArgumentParser
from pathlib import Path
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Patient, User
from accounts.names import tidy
from care.models import Disclosure
from core import keystore, reads, tenancy
from core.policy import OPERATOR, serves
from telehealth.record import archive, exporting
from telehealth.record.exporting import Recipient

REFUSED = 2
LONGEST = 200  # characters of a recipient
READ = "export-patient.read"  # what the opening of sealed values leaves on the trail


@serves(OPERATOR)
class Command(BaseCommand):
    help = (
        "Write a patient's whole record into one zip: a page to read, a FHIR R4 Bundle, and a"
        " manifest with hashes. For herself, or with --to for somebody else: then records under"
        " 42 CFR Part 2 are in it only if she permits it now, and the register of disclosures"
        " tells of it. Exit 2: refused, and nothing was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", help="the patient's id in addresses, a UUID")
        parser.add_argument("--out", required=True, metavar="FILE")
        parser.add_argument("--to", metavar="WHO", help="somebody else who gets the copy")
        parser.add_argument("--purpose", choices=Disclosure.Purpose.values, help="goes with --to")
        parser.add_argument("--by", metavar="EMAIL", help="who on the staff decided it")

    @tenancy.every_practice()
    def handle(
        self,
        *,
        id: str,  # noqa: A002 -- the name on the command line
        out: str,
        to: str | None,
        purpose: str | None,
        by: str | None,
        **_options: object,
    ) -> None:
        patient, person = patient_of(id), person_of(by)
        recipient = recipient_of(to, purpose)
        place = place_of(out)
        now = timezone.now()
        try:
            with reads.recorded(action=READ, by=person, at=now):
                made = exporting.export(patient=patient, by=person, now=now, recipient=recipient)
            archive.write(made, place)
        except keystore.Erased as erased:
            raise refusal(f"{patient} was erased: there is no record to copy.") from erased
        except OSError as error:
            raise refusal(f"{out} cannot be written: {error.strerror}.") from error
        self.stderr.write(f"{out}: {len(made.content)} bytes")


def refusal(words: str) -> CommandError:
    return CommandError(words, returncode=REFUSED)


def patient_of(text: str) -> Patient:
    try:
        return Patient.objects.get(ref=UUID(text))
    except (ValueError, Patient.DoesNotExist) as error:
        raise refusal(f"No patient has the id {text}.") from error


def person_of(email: str | None) -> User | None:
    if email is None:
        return None
    found = User.objects.filter(email__iexact=email, is_active=True, memberships__isnull=False)
    if person := found.first():
        return person
    raise refusal(f"Nobody on the staff has the email {email}.")


def recipient_of(name: str | None, purpose: str | None) -> Recipient | None:
    if (name is None) is not (purpose is None):
        raise refusal("--to and --purpose go together.")
    if name is None or purpose is None:
        return None
    if not 0 < len(name := tidy(name)) <= LONGEST:
        raise refusal(f"--to names somebody, in at most {LONGEST} characters.")
    return Recipient(name, purpose)


def place_of(out: str) -> Path:
    """Looked at before anything is opened: a copy that cannot be kept is not made."""
    place = Path(out)
    if place.is_dir() or not place.parent.is_dir():
        raise refusal(f"{out} cannot be written: name a file in a folder that exists.")
    return place
