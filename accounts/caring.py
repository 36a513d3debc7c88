"""Care begins and ends: who may see a patient's chart from now on, and who no longer."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.care_team import WORKS_AS, Care, CareRelationship, CareRelationshipQuerySet
from accounts.models import Patient, User
from core import audit
from core.transactions import take_turns

INSTANT = timedelta(microseconds=1)


class NotOfOnePractice(Exception):
    """The person does not work in the patient's practice, not in the role that it takes, or not any
    more: the account is closed."""


class EndedAlready(Exception):
    """The care is over, or never was."""


class GoesOn(Exception):
    """The care has not ended, so there is nothing to open again."""


@transaction.atomic
def open_care(
    *,
    patient: Patient,
    person: User,
    role: str,
    reason: str,
    by: User,
    now: datetime,
    until: datetime | None = None,
) -> CareRelationship:
    """
    Let `person` care for the patient from now on. While she does already, nothing changes.

    :param role: one of `Care`
    :param until: when it ends by itself; None: when somebody ends it
    :raises NotOfOnePractice:
    """
    same = CareRelationship.objects.filter(patient=patient, person=person, role=role)
    if found := _locked(same, now=now):
        return found
    take_turns(f"care {patient.pk} {person.pk}")  # of two visits booked at once, one opens it
    if found := _locked(same, now=now):
        return found
    if not works_with(patient, person, role):
        raise NotOfOnePractice
    return _begin(same, patient, person, role, reason=reason, by=by, now=now, until=until)


def _locked(same: CareRelationshipQuerySet, *, now: datetime) -> CareRelationship | None:
    """Return the care that goes on, kept from being ended until the transaction is over.

    What somebody has ended is over, even if her clock is ahead of ours.
    """
    return same.filter(end_reason="").exclude(ends_at__lte=now).select_for_update().first()


def _begin(
    same: CareRelationshipQuerySet,
    patient: Patient,
    person: User,
    role: str,
    *,
    reason: str,
    by: User,
    now: datetime,
    until: datetime | None,
) -> CareRelationship:
    latest = same.order_by("-ends_at").values_list("ends_at", flat=True).first()
    opened = CareRelationship.objects.create(
        patient=patient,
        person=person,
        role=role,
        starts_at=max(now, latest or now),  # the clock of whoever ended it may be ahead of ours
        ends_at=until,
        reason=reason,
    )
    audit.record("care.opened", subject=opened, by=by, at=now, patient_id=patient.pk)
    return opened


def works_with(patient: Patient, person: User, role: str) -> bool:
    """Whether `person` works in the patient's practice, in what the role takes."""
    held = person.memberships.filter(practice=patient.practice_id, role=WORKS_AS[role])
    return held.filter(user__is_active=True).exists()


@transaction.atomic
def end_care(*, care: CareRelationship, reason: str, by: User, now: datetime) -> None:
    """
    Close the chart to one person from this moment on. What she wrote stays in the record.

    :param reason: one of `CareRelationship.EndReason`
    :raises EndedAlready:
    """
    care = CareRelationship.objects.select_for_update().get(pk=care.pk)
    if care.ends_at is not None and (care.end_reason or care.ends_at <= now):
        raise EndedAlready
    care.ends_at = max(now, care.starts_at + INSTANT)
    care.end_reason = reason
    care.save(update_fields=["ends_at", "end_reason"])
    audit.record("care.ended", subject=care, by=by, at=now, patient_id=care.patient_id)


@transaction.atomic
def reopen(*, care: CareRelationship, by: User, now: datetime) -> CareRelationship:
    """
    Begin the care anew, in the same role. That it had ended stays on record.

    :raises GoesOn:
    :raises NotOfOnePractice: if the person has left the practice meanwhile
    """
    if care.ends_at is None or care.ends_at > now:
        raise GoesOn
    until = now + (care.ends_at - care.starts_at) if care.role == Care.COVERING else None
    return open_care(
        patient=care.patient,
        person=care.person,
        role=care.role,
        reason=CareRelationship.Reason.REOPENED,
        by=by,
        now=now,
        until=until,
    )
