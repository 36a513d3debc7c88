"""The audit trail: one row a deed, in the deed's own transaction; reads before the answer."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection
from django.db.models import Model

from core import request_ids, transactions
from core.models import AuditEvent

PATIENT = "accounts.patient"  # what a read without a narrower subject has read
GUARDIAN = "guardian"  # the one role that acts for somebody else

# One statement, which is a transaction of its own where there is none: each page waits for it.
READS = """
WITH found AS MATERIALIZED (
  SELECT id, role FROM accounts_patient JOIN unnest(%(owners)s::uuid[], %(roles)s::text[])
    AS said (owner, role) ON ref = owner
)
INSERT INTO core_auditevent (action, at, by_id, on_behalf_of_id, role, reason, purpose, request_id,
  patient_id, subject_type, subject_id, chain, number, previous, hash)
SELECT %(action)s, %(at)s, %(by)s, CASE role WHEN %(guardian)s THEN id END, role, '', %(purpose)s,
  %(request)s, id, %(patient)s, id::text, 0, 0, '', ''
FROM found WHERE %(some)s OR (SELECT count(*) FROM found) = cardinality(%(owners)s::uuid[])
ORDER BY found.id
"""


class NotWritten(Exception):
    """The trail takes no row. The deed is undone with it, and the answer is 503."""


class Actor(Protocol):
    """Whoever acts; `accounts.User` in practice, which core does not know."""

    pk: int

    def role_towards(self, patient: int | UUID | None) -> str: ...


def record(
    action: str,
    *,
    subject: Model,
    by: Actor | None,
    at: datetime,
    patient_id: int | None = None,
    role: str = "",
    reason: str = "",
    purpose: str = "",
) -> AuditEvent:
    """
    Write that `by` (None: the system) did `action` ("appointment.cancelled") to `subject`.

    The row locks the chain of its patient until the transaction ends. Who writes for several
    patients takes them in the order of their ids, and what concerns no patient first.

    :param role: in which `by` acts, where it is not the one that follows from who that is
    :param reason: a code, never words
    :param purpose: a code: "treatment", "payment", "operations", "patient-request", "emergency"
    :raises NotWritten: where the database refuses it for a reason that does not pass by itself
    """
    event = _event(action, by=by, at=at, patient_id=patient_id, role=role)
    event.reason, event.purpose = reason, purpose
    event.subject_type = subject._meta.label_lower  # noqa: SLF001 -- Django documents _meta
    event.subject_id = str(subject.pk)
    try:
        event.save(force_insert=True)
    except DatabaseError as error:
        if isinstance(error, IntegrityError) or transactions.is_passing(error):
            raise  # the one is our mistake, the other is tried again
        raise NotWritten from error
    return event


def record_reads(
    action: str,
    *,
    patient_ids: Collection[int],
    by: Actor | None,
    at: datetime,
    role: str = "",
    purpose: str = "",
    subject: Model | None = None,
) -> None:
    """Write that `by` saw something of these patients: one row each, before anything is shown.

    In the order of their ids: two readers of the same patients then cannot lock each other out.

    :param subject: through what they were read, where that is a row of its own
    """
    events = [
        _event(action, by=by, at=at, patient_id=patient_id, role=role)
        for patient_id in sorted(set(patient_ids))
    ]
    for event in events:
        event.subject_type, event.subject_id = PATIENT, str(event.patient_id)
        if subject is not None:
            event.subject_type = subject._meta.label_lower  # noqa: SLF001 -- as above
            event.subject_id = str(subject.pk)
        event.purpose = purpose
    AuditEvent.objects.bulk_create(events)


def record_opened(
    action: str,
    *,
    owners: Collection[UUID],
    by: Actor | None,
    at: datetime,
    purpose: str = "",
    takes_some: bool,
) -> bool:
    """
    Do as `record_reads` for the patients whose keys these are, as far as they are of the practices
    in force.

    :param takes_some: write rows of those who are found also where others are not
    :return: whether it was written; False, with no row: somebody was not found
    """
    with connection.cursor() as cursor:
        said: dict[str, Any] = {
            "owners": list(owners),
            "roles": [by.role_towards(owner) if by else "" for owner in owners],
            "action": action,
            "at": at,
            "by": by.pk if by else None,
            "purpose": purpose,
            "request": request_ids.current(),
            "some": takes_some,
            "guardian": GUARDIAN,
            "patient": PATIENT,
        }
        cursor.execute(READS, said)
        return takes_some or cursor.rowcount == len(owners)


def _event(
    action: str, *, by: Actor | None, at: datetime, patient_id: int | None, role: str
) -> AuditEvent:
    if by and not role:
        role = by.role_towards(patient_id)
    return AuditEvent(
        action=action,
        at=at,
        by_id=by.pk if by else None,
        on_behalf_of_id=patient_id if role == GUARDIAN else None,
        role=role,
        request_id=request_ids.current(),
        patient_id=patient_id,
    )
