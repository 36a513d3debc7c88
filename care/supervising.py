"""Supervision: one proposes it, the other signs, either ends it. It opens signed notes, no more."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Membership, Practice, User
from care.models import ProgressNote, SupervisionAgreement
from core import audit
from core.transactions import violated

Role = Membership.Role


class NotOfOnePractice(Exception):
    """One of the two does not work in the practice, or not as supervisor and therapist."""


class AgreedAlready(Exception):
    """There is an agreement of the two for this time."""


class NotYours(Exception):
    """The signature is the other person's."""


class Over(Exception):
    """The agreement has ended."""


@transaction.atomic
def propose(
    *, practice: Practice, supervisor: User, supervisee: User, until: datetime, now: datetime
) -> SupervisionAgreement:
    """
    Write an agreement, signed by the supervisor. It opens nothing before the other has signed.

    :raises NotOfOnePractice:
    :raises AgreedAlready:
    """
    roles = ((supervisor, Role.SUPERVISOR), (supervisee, Role.PROVIDER))
    for person, role in roles:
        if not person.memberships.filter(practice=practice, role=role).exists():
            raise NotOfOnePractice
    agreement = _create(practice, supervisor, supervisee, until=until, now=now)
    audit.record("supervision.proposed", subject=agreement, by=supervisor, at=now)
    return agreement


def _create(
    practice: Practice, supervisor: User, supervisee: User, *, until: datetime, now: datetime
) -> SupervisionAgreement:
    try:
        with transaction.atomic():
            return SupervisionAgreement.objects.create(
                practice=practice,
                supervisor=supervisor,
                supervisee=supervisee,
                starts_at=now,
                ends_at=until,
                supervisor_signed_at=now,
            )
    except IntegrityError as error:
        if violated(error) == "supervision_once":
            raise AgreedAlready from error
        raise


@transaction.atomic
def sign(*, agreement: SupervisionAgreement, by: User, now: datetime) -> None:
    """
    The supervisee agrees. Signing twice changes nothing.

    :raises NotYours:
    :raises Over:
    """
    agreement = SupervisionAgreement.objects.select_for_update().get(pk=agreement.pk)
    if agreement.supervisee_id != by.pk:
        raise NotYours
    if agreement.is_over(now):
        raise Over
    if agreement.signed_at is None:
        agreement.signed_at = max(now, agreement.supervisor_signed_at)
        agreement.save(update_fields=["signed_at"])
        audit.record("supervision.signed", subject=agreement, by=by, at=now)


@transaction.atomic
def end(*, agreement: SupervisionAgreement, by: User, now: datetime) -> None:
    """
    Either of the two ends it, from this moment on.

    :raises Over:
    """
    agreement = SupervisionAgreement.objects.select_for_update().get(pk=agreement.pk)
    if agreement.is_over(now) or now <= agreement.starts_at:
        raise Over
    agreement.ends_at = now
    agreement.save(update_fields=["ends_at"])
    audit.record("supervision.ended", subject=agreement, by=by, at=now)


@transaction.atomic
def record_reading(*, note: ProgressNote, by: User, now: datetime, purpose: str = "") -> None:
    """Keep who has read a note that is not hers."""
    patient_id = note.encounter.appointment.patient_id
    audit.record("note.read", subject=note, by=by, at=now, patient_id=patient_id, purpose=purpose)
