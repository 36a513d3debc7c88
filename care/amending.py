"""Putting a record right (45 CFR 164.526): the patient asks, the practice answers in writing.

A signed note stays as it is: what is accepted becomes an addendum to it.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from accounts.models import Patient, User
from care.models import Addendum, AmendmentRequest, AmendmentStep, ProgressNote
from core import audit
from core.transactions import take_turns, violated

Kind = AmendmentStep.Kind
ONCE = {"amendment_step_once", "amendment_decided_once"}


class Decided(Exception):
    """The request has its answer, or this step was taken before."""


class NotDenied(Exception):
    """One disagrees with a denial, and there is none."""


class NotHers(Exception):
    """The note is not one of the patient's signed ones."""


@transaction.atomic
def ask(
    *,
    patient: Patient,
    note: ProgressNote | None,
    change: str,
    reason: str,
    by: User,
    now: datetime,
    request_id: UUID | None = None,
) -> AmendmentRequest:
    """
    Keep what the patient asks for. The clock of sixty days runs from now.

    :param note: the entry; None: another one, which `change` names
    :param request_id: made with the form; sent twice, it is one request
    :raises NotHers:
    """
    if note and not ProgressNote.objects.of_patient(patient.user).filter(pk=note.pk).exists():
        raise NotHers
    request_id = request_id or uuid4()
    take_turns(f"amendment {request_id}")
    if sent := AmendmentRequest.objects.filter(pk=request_id).first():
        return sent
    said = {"change": change, "reason": reason, "asked_at": now}
    request = AmendmentRequest.objects.create(id=request_id, patient=patient, note=note, **said)
    _record("amendment.asked", request, by=by, now=now)
    return request


@transaction.atomic
def extend(*, request: AmendmentRequest, words: str, by: User, now: datetime) -> None:
    """
    Take thirty more days, once, and tell the patient why.

    :raises Decided:
    """
    if _lock(request).decision:
        raise Decided
    _step(request, Kind.EXTENDED, words, by=by, now=now)
    _record("amendment.extended", request, by=by, now=now)


@transaction.atomic
def accept(*, request: AmendmentRequest, words: str, by: User, now: datetime) -> None:
    """
    Put the record right: the words become an addendum, where the request names a note.

    :raises Decided:
    """
    _step(_lock(request), Kind.ACCEPTED, words, by=by, now=now)
    if request.note:
        Addendum.objects.create(
            note=request.note, request=request, author=by, body=words, written_at=now
        )
    _record("amendment.accepted", request, by=by, now=now)


@transaction.atomic
def deny(*, request: AmendmentRequest, words: str, by: User, now: datetime) -> None:
    """
    Say no, and why. The page adds what the patient may do then.

    :raises Decided:
    """
    _step(_lock(request), Kind.DENIED, words, by=by, now=now)
    _record("amendment.denied", request, by=by, now=now)


@transaction.atomic
def disagree(*, request: AmendmentRequest, words: str, by: User, now: datetime) -> None:
    """
    Keep the patient's statement with the entry; it goes with every copy from then on.

    :raises NotDenied:
    :raises Decided: if there is a statement already
    """
    decision = _lock(request).decision
    if decision is None or decision.kind != Kind.DENIED:
        raise NotDenied
    _step(request, Kind.DISAGREED, words, by=by, now=now)
    _record("amendment.disagreed", request, by=by, now=now)


def _lock(request: AmendmentRequest) -> AmendmentRequest:
    """Lock, then look: of two who answer at once, one must see the other's answer."""
    return AmendmentRequest.objects.select_for_update().get(pk=request.pk)


def _step(request: AmendmentRequest, kind: Kind, words: str, *, by: User, now: datetime) -> None:
    try:
        with transaction.atomic():
            AmendmentStep.objects.create(request=request, kind=kind, words=words, by=by, at=now)
    except IntegrityError as error:
        if violated(error) in ONCE:
            raise Decided from error
        raise


def _record(action: str, request: AmendmentRequest, *, by: User, now: datetime) -> None:
    audit.record(action, subject=request, by=by, at=now, patient_id=request.patient_id)
