"""The audit trail: one row a deed, in the deed's own transaction."""

from datetime import datetime
from typing import Protocol

from django.db.models import Model

from core.models import AuditEvent


class Actor(Protocol):
    """Whoever acts; `accounts.User` in practice, which core does not know."""

    pk: int


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
