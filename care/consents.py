"""Consents: which texts are in force, which of them a patient has yet to sign, and signing.

The texts are files, `care/documents/<kind>/<the day it comes into force>.md`. A file that has been
signed is never edited: a new text is a new file. What was shown is proved by its hash.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from django.db import transaction

from accounts.models import Patient, User
from care.models import Consent, ConsentKind
from care.texts import Block, blocks
from core import audit

FOLDER = Path(__file__).parent / "documents"


class TextChanged(Exception):
    """The text in force is not the one that was shown."""


@dataclass(frozen=True)
class Document:
    """One text in one version."""

    kind: str
    version: str  # the day it comes into force: "2026-11-01"
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def title(self) -> str:
        return blocks(self.text)[0].lines[0]

    @property
    def blocks(self) -> list[Block]:
        """What comes beneath the title."""
        return blocks(self.text)[1:]


def in_force(*, on: date) -> list[Document]:
    """Return the newest text of each kind that is in force on the day `on`."""
    newest = {
        document.kind: document
        for document in _all_by_version()
        if date.fromisoformat(document.version) <= on
    }
    return [newest[kind] for kind in ConsentKind.values if kind in newest]


@lru_cache(maxsize=1)
def _all_by_version() -> list[Document]:
    files = sorted(FOLDER.glob("*/*.md"), key=lambda file: file.stem)
    return [Document(file.parent.name, file.stem, file.read_text()) for file in files]


def missing(patient: Patient, *, on: date) -> list[Document]:
    """Return the texts in force on `on` that the patient has not signed in this version."""
    signed = set(patient.consents.values_list("kind", "version"))
    return [text for text in in_force(on=on) if (text.kind, text.version) not in signed]


def signed(patient: Patient) -> list[tuple[Consent, Document]]:
    """Return what the patient has signed, newest first, with the texts as they were."""
    texts = {(text.kind, text.version): text for text in _all_by_version()}
    rows = patient.consents.order_by("-signed_at", "kind")
    return [(consent, texts[consent.kind, consent.version]) for consent in rows]


def signer_of(patient: Patient) -> str:
    """Return the name of whose signature counts: the guardian's for a child."""
    return patient.guardian_name or patient.legal_name


@transaction.atomic
def sign(
    *, patient: Patient, document: Document, signed_name: str, by: User, now: datetime
) -> Consent:
    """Keep that the patient signed this text. Signed twice, the first signature stays."""
    consent, is_new = Consent.objects.get_or_create(
        patient=patient,
        kind=document.kind,
        version=document.version,
        defaults={"sha256": document.sha256, "signed_name": signed_name, "signed_at": now},
    )
    if is_new:
        audit.record("consent.signed", subject=consent, by=by, at=now, patient_id=patient.pk)
    return consent


@transaction.atomic
def sign_shown(
    *,
    patient: Patient,
    shown: Mapping[str, str],
    signed_name: str,
    by: User,
    on: date,
    now: datetime,
) -> None:
    """
    Sign all that is missing, if it is what was shown.

    :param shown: the hash of each text as the page showed it, by kind
    :raises TextChanged: if a text has changed since; then none is signed
    """
    for document in missing(patient, on=on):
        if shown.get(document.kind) != document.sha256:
            raise TextChanged
        sign(patient=patient, document=document, signed_name=signed_name, by=by, now=now)
