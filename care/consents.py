"""Consents: which texts are in force, what a patient permits now, signing and taking back.

The texts are files, `care/documents/<kind>/<the day it comes into force>.md`. A file that has been
signed is never edited: a new text is a new file. What was shown is proved by its hash.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import Patient, User
from care.models import Consent, ProgressNote
from care.purposes import BEFORE_A_VISIT, MEANS, SCOPES, ConsentKind, Provision, kinds_for
from care.texts import Block, blocks
from core import audit
from core.transactions import take_turns

FOLDER = Path(__file__).parent / "documents"


class TextChanged(Exception):
    """The text in force is not the one that was shown."""


class NotGiven(Exception):
    """There is no such consent in force, so there is nothing to take back."""


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


def in_force(*, on: date, kinds: Sequence[str] = BEFORE_A_VISIT) -> list[Document]:
    """Return the newest text of each kind that is in force on the day `on`.

    :param kinds: without it, those that have to be signed before a visit
    """
    newest = {
        document.kind: document
        for document in _all_by_version()
        if date.fromisoformat(document.version) <= on
    }
    return [newest[kind] for kind in kinds if kind in newest]


@lru_cache(maxsize=1)
def _all_by_version() -> list[Document]:
    files = sorted(FOLDER.glob("*/*.md"), key=lambda file: file.stem)
    return [Document(file.parent.name, file.stem, file.read_text()) for file in files]


def text_of(kind: str, *, on: date) -> Document | None:
    """Return the text of this kind that is in force on the day, if there is one."""
    return next(iter(in_force(on=on, kinds=[kind])), None)


def missing(patient: Patient, *, on: date) -> list[Document]:
    """Return the texts in force on `on` that the patient has not signed in this version, or has
    taken back."""
    given = patient.consents.newest().filter(provision=Provision.PERMIT)
    signed = set(given.values_list("kind", "version"))
    return [text for text in in_force(on=on) if (text.kind, text.version) not in signed]


def permits(patient: Patient, *, purpose: str, data: str, at: datetime) -> bool:
    """Whether the patient permits the purpose with the data at this moment.

    :param purpose: one of `Purpose`
    :param data: RECORD, or one of `Label`
    """
    given = patient.consents.in_force(at=at)
    return given.filter(kind__in=kinds_for(purpose, data)).exists()


def permitted_label(note: ProgressNote, *, at: datetime) -> Consent | None:
    """Return the consent under which others read a note that has a label, if one is in force."""
    if not (label := note.encounter.label):
        return None
    patient = note.encounter.appointment.patient
    assert patient is not None  # only a hold has none, and nobody writes a note of it
    return patient.consents.in_force(at=at).filter(kind=label).first()


def history(patient: Patient) -> list[tuple[Consent, Document]]:
    """Return all that the patient has said, newest first, with the texts as they were."""
    return with_texts(patient.consents.order_by("-signed_at", "kind", "-number"))


def with_texts(rows: Iterable[Consent]) -> list[tuple[Consent, Document]]:
    """Join the rows with the versions that were signed."""
    texts = {(text.kind, text.version): text for text in _all_by_version()}
    return [(consent, texts[consent.kind, consent.version]) for consent in rows]


def signer_of(patient: Patient) -> str:
    """Return the name of whose signature counts: the guardian's for a child."""
    return patient.guardian_name or patient.legal_name


@transaction.atomic
def sign(
    *,
    patient: Patient,
    document: Document,
    signed_name: str,
    by: User,
    now: datetime,
    until: datetime | None = None,
) -> Consent:
    """Keep that the patient signed this text. Signed twice alike, the first signature stays.

    :param until: when it ends by itself; None: when she takes it back
    """
    latest = _latest(patient, document.kind)
    is_same = latest and latest.version == document.version and latest.ends_at == until
    if latest and is_same and is_given(latest, at=now):
        return latest
    return _add(
        latest,
        Consent(
            patient=patient,
            kind=document.kind,
            version=document.version,
            sha256=document.sha256,
            signed_name=signed_name,
            signed_at=now,
            ends_at=until,
        ),
        "consent.signed",
        by=by,
    )


@transaction.atomic
def take_back(*, patient: Patient, kind: str, by: User, now: datetime) -> Consent:
    """End a consent from this moment on.

    :raises NotGiven: if it is not in force, or is nothing that can be taken back
    """
    latest = _latest(patient, kind)
    if latest is None or kind not in SCOPES or not is_given(latest, at=now):
        raise NotGiven
    said = {"kind": kind, "version": latest.version, "sha256": latest.sha256}
    denied = Consent(patient=patient, provision=Provision.DENY, signed_at=now, **said)
    return _add(latest, denied, "consent.taken-back", by=by)


def is_given(consent: Consent, *, at: datetime) -> bool:
    """Whether this row, if none came after it, permits at this moment."""
    runs = consent.ends_at is None or consent.ends_at > at
    return consent.provision == Provision.PERMIT and runs


def _latest(patient: Patient, kind: str) -> Consent | None:
    """Return the last word on a text; nobody else says anything until the transaction is over."""
    take_turns(f"consent {patient.pk}")
    return patient.consents.filter(kind=kind).order_by("-number").first()


def _add(latest: Consent | None, consent: Consent, action: str, *, by: User) -> Consent:
    consent.number = latest.number + 1 if latest else 1
    consent.save(force_insert=True)
    patient_id, at = consent.patient_id, consent.signed_at
    audit.record(action, subject=consent, by=by, at=at, patient_id=patient_id)
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
        require_shown(document, shown)
        sign(patient=patient, document=document, signed_name=signed_name, by=by, now=now)


@transaction.atomic
def permit(
    *,
    patient: Patient,
    document: Document,
    shown: Mapping[str, str],
    signed_name: str,
    until: datetime | None,
    by: User,
    now: datetime,
) -> Consent:
    """
    Sign one text that was shown by itself.

    :raises TextChanged: if it has changed since
    """
    require_shown(document, shown)
    return sign(
        patient=patient, document=document, signed_name=signed_name, until=until, by=by, now=now
    )


@dataclass(frozen=True)
class Choice:
    """One text as the patient's list shows it: the newest version, and what she last said."""

    document: Document
    consent: Consent | None
    is_given: bool

    @property
    def means(self) -> Any:
        return MEANS[self.document.kind]

    @property
    def is_consent(self) -> bool:
        """Whether it permits something; the policy on cancelling is an agreement."""
        return self.document.kind in SCOPES

    @property
    def can_be_taken_back(self) -> bool:
        return self.is_given and self.is_consent


def choices(patient: Patient, *, on: date, now: datetime) -> list[Choice]:
    """Return all that a patient can permit, with what is in force. One query."""
    latest = {consent.kind: consent for consent in patient.consents.newest()}
    return [
        Choice(text, said := latest.get(text.kind), said is not None and is_given(said, at=now))
        for text in in_force(on=on, kinds=ConsentKind.values)
    ]


def require_shown(document: Document, shown: Mapping[str, str]) -> None:
    """
    :raises TextChanged: if the text is not the one that was on the page
    """
    if shown.get(document.kind) != document.sha256:
        raise TextChanged
