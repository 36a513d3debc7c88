"""Emergency access: opened by somebody outside the care, told at once, judged by somebody else."""

from datetime import date, datetime

from django.db import transaction

from accounts import emergency_notices
from accounts.care_team import CLINICAL, READING, CareRelationship
from accounts.models import EmergencyAccess, Patient, Practice, User
from accounts.models.emergency_access import END, LASTS, WORKING_AS
from core import audit
from core.seen import is_blank
from core.transactions import take_turns

PURPOSE = "emergency"


class NotFound(Exception):
    """The practice has no patient of this name and date of birth. Another may have: no word."""


class Several(Exception):
    """Two patients share a name and a date of birth: nothing says which is meant."""


class InCare(Exception):
    """The person cares for the patient, whose chart is open to her by that."""


class NotOfOnePractice(Exception):
    """The person does not work where the patient is cared for, or not as one who treats."""


class OtherReason(Exception):
    """Her open access to this patient has another reason, which decides what it shows."""


class Over(Exception):
    """The access has ended."""


class GoesOn(Exception):
    """The access has not ended, so there is nothing to judge yet."""


class ReviewedAlready(Exception):
    """Somebody has judged it, and that stays."""


class Own(Exception):
    """Nobody judges an access of her own."""


class NoRemark(Exception):
    """What was not appropriate is said in words."""


def find(*, practice: Practice, legal_name: str, born_on: date, by: User, now: datetime) -> Patient:
    """
    Return the patient of the practice with exactly this legal name and date of birth.

    A search that finds nobody is on the trail, so that trying names shows. It is written outside
    of any transaction of ours, because the refusal must not undo it.

    :raises NotFound:
    :raises Several:
    """
    known = Patient.objects.known_as(legal_name, born_on=born_on)
    found = list(known.filter(practice=practice).exclude(user=by)[:2])
    if len(found) == 1:
        return found[0]
    audit.record("emergency.missed", subject=practice, by=by, at=now, purpose=PURPOSE)
    raise Several if found else NotFound


@transaction.atomic
def open_access(
    *, patient: Patient, reason: str, circumstances: str, by: User, now: datetime
) -> EmergencyAccess:
    """
    Let `by` read what is signed, for half an hour, and tell the patient and the privacy officers.
    While an access of hers is open, that is the answer: pressing twice opens one.

    :param reason: one of EmergencyAccess.Reason
    :raises NotOfOnePractice:
    :raises InCare:
    :raises OtherReason:
    """
    works = by.memberships.filter(practice=patient.practice_id, role__in=WORKING_AS)
    if not works.filter(user__is_active=True).exists():
        raise NotOfOnePractice
    if CareRelationship.objects.of(by, [*CLINICAL, *READING]).filter(patient=patient).exists():
        raise InCare
    take_turns(f"emergency {patient.pk} {by.pk}")
    own = EmergencyAccess.objects.filter(patient=patient, person=by)
    latest = own.annotate(over=END).order_by("-over").first()
    if latest and latest.ended_at is None and not latest.is_over(now):
        if latest.reason != reason:
            raise OtherReason
        return latest
    starts_at = max(now, latest.over_at) if latest else now  # another's clock may be ahead
    access = EmergencyAccess.objects.create(
        patient=patient,
        person=by,
        reason=reason,
        circumstances=circumstances,
        starts_at=starts_at,
        ends_at=starts_at + LASTS,
    )
    _record("emergency.opened", access, by=by, now=now, reason=reason)
    emergency_notices.announce(access, now=now)
    return access


def treating(access: EmergencyAccess) -> list[User]:
    """Those in whose care the patient is at this moment: the first whom one would call."""
    care = CareRelationship.objects.current().filter(patient=access.patient_id, role__in=CLINICAL)
    return [one.person for one in care.newest_first()]


@transaction.atomic
def end(*, access: EmergencyAccess, by: User, now: datetime) -> None:
    """
    End it before its time.

    :raises Over:
    """
    access = EmergencyAccess.objects.select_for_update().get(pk=access.pk)
    if access.ended_at is not None or access.is_over(now):
        raise Over
    access.ended_at = max(now, access.starts_at)
    access.save(update_fields=["ended_at"])
    _record("emergency.ended", access, by=by, now=now)


@transaction.atomic
def end_all(*, person: User, by: User, now: datetime) -> None:
    """Whoever loses an account or a role loses these with it, and they do not come back with it."""
    going_on = EmergencyAccess.objects.filter(person=person, ended_at=None, ends_at__gt=now)
    for access in going_on.order_by("patient_id"):
        end(access=access, by=by, now=now)


@transaction.atomic
def review(*, access: EmergencyAccess, outcome: str, remark: str, by: User, now: datetime) -> None:
    """
    Judge it, once, and for good.

    :param outcome: one of EmergencyAccess.Outcome
    :raises Own:
    :raises GoesOn:
    :raises ReviewedAlready:
    :raises NoRemark:
    """
    access = EmergencyAccess.objects.select_for_update().get(pk=access.pk)
    if access.person_id == by.pk:
        raise Own
    if not access.is_over(now):
        raise GoesOn
    if access.reviewed_at is not None:
        raise ReviewedAlready
    if outcome == EmergencyAccess.Outcome.NOT_APPROPRIATE and is_blank(remark):
        raise NoRemark
    access.outcome, access.remark = outcome, remark
    access.reviewed_at, access.reviewed_by = now, by
    access.save()
    _record("emergency.reviewed", access, by=by, now=now, reason=outcome)


def _record(
    action: str, access: EmergencyAccess, *, by: User, now: datetime, reason: str = ""
) -> None:
    audit.record(
        action,
        subject=access,
        by=by,
        at=now,
        patient_id=access.patient_id,
        reason=reason,
        purpose=PURPOSE,
    )
