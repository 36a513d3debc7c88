"""The audit trail: one row a deed, in the deed's own transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from django.db.models import Model

from core.models import AuditEvent

PATIENT = "accounts.patient"  # what a read without a narrower subject has read


class Actor(Protocol):
    """Whoever acts; `accounts.User` in practice, which core does not know."""

    pk: int


def record_reads(
    action: str, *, patient_ids: Collection[int], by: Actor | None, at: datetime, role: str = ""
) -> None:
    """Write that `by` saw something of these patients: one row each, before anything is shown.

    In the order of their ids: two readers of the same patients cannot lock each other out.
    """
    AuditEvent.objects.bulk_create(
        AuditEvent(
            action=action,
            at=at,
            by_id=by.pk if by else None,
            patient_id=patient_id,
            subject_type=PATIENT,
            subject_id=str(patient_id),
        )
        for patient_id in sorted(set(patient_ids))
    )


def record(
    action: str,
    *,
    subject: Model,
    by: Actor | None,
    at: datetime,
    patient_id: int | None = None,
) -> AuditEvent:
    """Write that `by` (None: the system) did `action` ("appointment.cancelled") to `subject`."""
    return AuditEvent.objects.create(
        action=action,
        at=at,
        by_id=by.pk if by else None,
        patient_id=patient_id,
        subject_type=subject._meta.label_lower,  # noqa: SLF001 -- Django documents _meta
        subject_id=str(subject.pk),
    )
