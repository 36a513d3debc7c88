"""Copies of the audit trail for the privacy officer, with the hashes by which to check them.

That a copy was taken is on the trail too: once for the practice, and once for each patient in it.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction

from accounts import trail_fhir
from accounts.models import Membership, Patient, User
from accounts.trail import Search, found
from core import audit
from core.models import AuditEvent

EXPORTED = "trail.exported"
MOST = 50_000  # rows; more would take the server's memory
COLUMNS = (
    "chain", "number", "id", "at", "action", "by_id", "on_behalf_of_id", "role", "reason",
    "purpose", "request_id", "patient_id", "subject_type", "subject_id", "previous", "hash",
)  # fmt: skip


class Kind(models.TextChoices):
    CSV = "csv"
    FHIR = "fhir"


class TooMany(Exception):
    """The search finds more rows than fit into one copy."""


@dataclass(frozen=True)
class Copy:
    name: str
    content_type: str
    body: str


@transaction.atomic
def export(search: Search, kind: Kind, *, by: User, now: datetime) -> Copy:
    """
    :raises TooMany:
    """
    events = list(found(search)[: MOST + 1])
    if len(events) > MOST:
        raise TooMany
    _record(search, events, by=by, now=now)
    name = f"audit-{search.from_day}-{search.to_day}"
    if kind == Kind.CSV:
        return Copy(f"{name}.csv", "text/csv; charset=utf-8", as_csv(events))
    return Copy(f"{name}.json", "application/fhir+json", as_fhir(events, search, now=now))


def _record(search: Search, events: Sequence[AuditEvent], *, by: User, now: datetime) -> None:
    role = Membership.Role.PRIVACY_OFFICER
    audit.record(EXPORTED, subject=search.practice, by=by, at=now, role=role)
    patient_ids = {event.patient_id for event in events if event.patient_id}
    audit.record_reads(EXPORTED, patient_ids=patient_ids, by=by, at=now, role=role)


def as_csv(events: Sequence[AuditEvent]) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for event in events:
        values = {name: getattr(event, name) for name in COLUMNS}
        rows.writerow((values | {"at": trail_fhir.instant(event.at)}).values())
    return text.getvalue()


def as_fhir(events: Sequence[AuditEvent], search: Search, *, now: datetime) -> str:
    patient_ids = {event.patient_id for event in events if event.patient_id}
    patients = Patient.objects.filter(pk__in=patient_ids, practice=search.practice)
    refs = {pk: f"Patient/{ref}" for pk, ref in patients.values_list("pk", "ref")}
    made = trail_fhir.bundle(events, refs=refs, practice=search.practice, now=now)
    return json.dumps(made)
