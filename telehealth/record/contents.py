"""What goes into one copy: the rows that its reader may have, by the patient's consents of now."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Patient
from care import consents
from care.models import Consent
from care.purposes import Label
from messaging.models import Attachment
from telehealth.record.shape import Shape
from telehealth.record.shapes import SHAPES


@dataclass(frozen=True)
class Terms:
    """For whom a copy is. Her own holds all; for somebody else, labels are open by consent."""

    is_hers: bool
    labels: frozenset[str]
    at: datetime


@dataclass(frozen=True)
class Contents:
    patient: Patient
    terms: Terms
    rows: dict[str, list[Any]]  # by the label of the model: "care.Consent"
    lost: list[Attachment] = field(default_factory=list)  # files that could not be opened

    def pairs(self) -> Iterator[tuple[Shape, Any]]:
        for shape in SHAPES:
            for row in self.rows[shape.name]:
                yield shape, row

    @property
    def is_labeled(self) -> bool:
        """Whether something in it is under 42 CFR Part 2, so that the notice goes with it."""
        return any(encounter.label for encounter in self.rows["care.Encounter"])


def hers(*, now: datetime) -> Terms:
    return Terms(is_hers=True, labels=frozenset(Label.values), at=now)


def anothers(patient: Patient, *, purpose: str, now: datetime) -> Terms:
    """
    :param purpose: of the disclosure; one that no consent covers opens no label
    """
    permitted = (
        label
        for label in Label.values
        if consents.permits(patient, purpose=purpose, data=label, at=now)
    )
    return Terms(is_hers=False, labels=frozenset(permitted), at=now)


def gather(patient: Patient, terms: Terms) -> Contents:
    """Read the rows. What is sealed in them opens when it is written."""
    rows = {shape.name: list(rows_of(shape, patient, terms)) for shape in SHAPES}
    return Contents(patient, terms, rows)


def rows_of(shape: Shape, patient: Patient, terms: Terms) -> "QuerySet[Any]":
    found = shape.rows(patient)
    found = found.select_related(*shape.related) if shape.related else found
    if terms.is_hers:
        return found
    if shape.is_hers_alone:
        return found.none()
    if shape.model is Consent:
        return found.filter(accompanying(patient, terms))
    if shape.label:
        return found.exclude(**{f"{shape.label}__in": set(Label.values) - terms.labels})
    return found


def accompanying(patient: Patient, terms: Terms) -> Q:
    """The consents under which labeled records leave: they go along (42 CFR 2.32(b)). The others
    would tell what somebody else need not know."""
    in_force = patient.consents.in_force(at=terms.at)
    labels = patient_labels(patient) & terms.labels
    return Q(pk__in=in_force.filter(kind__in=labels).values("pk"))


def patient_labels(patient: Patient) -> set[str]:
    """The labels that anything in the record has."""
    encounters = patient.appointments.exclude(encounter=None)
    return set(encounters.values_list("encounter__label", flat=True)) - {""}
