"""What a consent is about: for which purposes, with which data. Codes, and nothing of the database.

The words are those of FHIR Consent: a provision permits or denies a purpose with a class of data.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConsentKind(models.TextChoices):
    """Which text was signed. Each has a folder of versions in `care/documents`."""

    TELEHEALTH = "telehealth", _("Telehealth consent")
    CANCELLATION = "cancellation-policy", _("Cancellation policy")
    SUBSTANCE_USE = "substance-use", _("Sharing records of substance use treatment")
    COUNSELING = "substance-use-counseling", _("Sharing counseling notes on substance use")
    RECORDING = "recording", _("Recording of visits")
    AI = "ai", _("Use of AI")


class Provision(models.TextChoices):
    PERMIT = "permit", _("Permitted")
    DENY = "deny", _("Taken back")


class Purpose(models.TextChoices):
    TREATMENT = "treatment", _("Treatment")
    PAYMENT = "payment", _("Payment")
    OPERATIONS = "operations", _("Running the practice, supervision included")
    TELEHEALTH = "telehealth", _("Care by video")
    RECORDING = "recording", _("Recording")
    AI = "ai", _("Use of AI")


class Label(models.TextChoices):
    """The security label of an encounter. What has one is shown to others under the consent of
    the same name alone. 42 CFR Part 2 sets counseling notes apart: the other consent never covers
    them (2.31(b))."""

    SUBSTANCE_USE = ConsentKind.SUBSTANCE_USE.value, _("Substance use treatment (42 CFR Part 2)")
    COUNSELING = ConsentKind.COUNSELING.value, _("Counseling note on substance use, kept apart")


RECORD = "record"  # the data of a record that has no label
TPO = frozenset({Purpose.TREATMENT, Purpose.PAYMENT, Purpose.OPERATIONS})  # the rule's "TPO"


@dataclass(frozen=True)
class Scope:
    purposes: frozenset[str]
    data: str


# The cancellation policy is an agreement on money: it permits nobody anything.
SCOPES: dict[str, Scope] = {
    ConsentKind.TELEHEALTH: Scope(frozenset({Purpose.TREATMENT, Purpose.TELEHEALTH}), RECORD),
    ConsentKind.SUBSTANCE_USE: Scope(TPO, Label.SUBSTANCE_USE),
    ConsentKind.COUNSELING: Scope(TPO, Label.COUNSELING),
    ConsentKind.RECORDING: Scope(frozenset({Purpose.RECORDING}), RECORD),
    ConsentKind.AI: Scope(frozenset({Purpose.AI}), RECORD),
}
# In one sentence, for who has not read the text yet or has forgotten it.
MEANS: dict[str, Any] = {
    ConsentKind.TELEHEALTH: _("Your therapist treats you over video. Needed before a visit."),
    ConsentKind.CANCELLATION: _("What a visit costs that you miss. Needed before a visit."),
    ConsentKind.SUBSTANCE_USE: _(
        "Others than your therapist may see what federal law protects most: for treatment, payment"
        " and running the practice."
    ),
    ConsentKind.COUNSELING: _("Others than your therapist may see counseling notes kept apart."),
    ConsentKind.RECORDING: _("A visit may be recorded once both of you say yes. None is today."),
    ConsentKind.AI: _("A program may help your therapist with writing. None does today."),
}
BEFORE_A_VISIT = (ConsentKind.TELEHEALTH, ConsentKind.CANCELLATION)


def kinds_for(purpose: str, data: str) -> list[str]:
    """Return the consents that cover the purpose with the data."""
    return [k for k, scope in SCOPES.items() if purpose in scope.purposes and data == scope.data]
