"""A fee for a visit that was called off late, moved late or missed.

The rule only proposes it, once a visit; the first time it waives it by itself. Somebody else then
charges it, whole or in part, or waives it. Locks: the provider's time where it changes, the visit,
the proposal.
"""

from datetime import datetime

from django.db import transaction

from accounts import coverage
from accounts.models import Erasure, User
from appointments import booking, cancellation, missing
from appointments.models import Appointment
from billing import charges, notices
from billing.models import Account, Charge, FeeDecision, FeeProposal, Payment
from core import audit
from core.transactions import retried

CHARGED, WAIVED = FeeDecision.Kind.CHARGED, FeeDecision.Kind.WAIVED


class Decided(Exception):
    """Somebody has charged or waived it."""


class TooMuch(Exception):
    """A fee is lowered, never raised, and something is left of it: else it is waived."""


class Forbidden(Exception):
    """A payer of the patient forbids it. `rule` says which and where."""

    def __init__(self, rule: coverage.Rule) -> None:
        super().__init__(rule.program)
        self.rule = rule


def propose(
    *, appointment: Appointment, reason: FeeProposal.Reason, cents: int, now: datetime
) -> FeeProposal | None:
    """
    Propose a fee, where there is one, and none was for this visit. The caller has locked the visit.

    :param cents: under the rule that the visit was booked with, see `appointments.cancellation`
    """
    if not cents or FeeProposal.objects.filter(appointment=appointment).exists():
        return None
    if Erasure.objects.filter(patient=appointment.patient_id).exists():
        return None  # nobody is left to be asked what happened
    is_first = _is_first(appointment, now=now)
    proposal = FeeProposal.objects.create(
        appointment=appointment, reason=reason, amount_cents=cents, proposed_at=now
    )
    _record("fee.proposed", proposal, by=None, at=now, reason=reason)
    if is_first:
        _waive(proposal, FeeDecision.Reason.FIRST, by=None, now=now)
    elif reason == FeeProposal.Reason.NOSHOW:  # of the others, the notice of the change tells her
        notices.tell_fee(proposal=proposal, now=now)
    return proposal


def _is_first(appointment: Appointment, *, now: datetime) -> bool:
    """Whether it never happened before. Several visits called off with one press are one time."""
    earlier = FeeProposal.objects.standing().filter(
        appointment__patient=appointment.patient_id, proposed_at__lt=now
    )
    return not earlier.exists()


@retried
@transaction.atomic
def charge(*, proposal: FeeProposal, amount_cents: int, by: User, now: datetime) -> Payment | None:
    """
    Enter the fee in the books, at most as proposed, and begin to collect it. Asked twice for the
    same amount, it is done once.

    :raises Decided:
    :raises TooMuch:
    :raises Forbidden:
    """
    _lock(proposal)
    if decision := decision_of(proposal):
        if (decision.kind, decision.amount_cents) != (CHARGED, amount_cents):
            raise Decided
        return proposal.charge.latest_payment()
    if not 0 < amount_cents <= proposal.amount_cents:
        raise TooMuch
    if rule := forbidding(proposal):
        raise Forbidden(rule)
    FeeDecision.objects.create(
        proposal=proposal, kind=CHARGED, amount_cents=amount_cents, decided_at=now, by=by
    )
    _record("fee.charged", proposal, by=by, at=now)
    owed = Charge.objects.create(
        appointment=proposal.appointment,
        proposal=proposal,
        status=Charge.Status.CONFIRMED,
        minutes=0,
        amount_cents=amount_cents,
        drafted_at=proposal.proposed_at,
        confirmed_at=now,
        confirmed_by=by,
    )
    return charges.enter(owed, revenue=Account.FEE_REVENUE, by=by, now=now)


@retried
@transaction.atomic
def waive(*, proposal: FeeProposal, reason: str, by: User, now: datetime) -> None:
    """
    Let the patient off, and tell her so. Asked twice for the same reason, it is done once.

    :param reason: one of `FeeDecision.Reason`
    :raises Decided:
    """
    _lock(proposal)
    if decision := decision_of(proposal):
        if decision.reason != reason:
            raise Decided
        return
    _waive(proposal, reason, by=by, now=now)
    notices.tell_waived(proposal=proposal, now=now)


def take_back_noshow(*, appointment: Appointment, reason: str, by: User, now: datetime) -> None:
    """
    It was not missed after all: the visit is booked again, and the fee for missing it is waived.

    :param reason: one of `missing.TakenBack`
    :raises Decided: if that fee was charged
    :raises TooLate: after a day
    :raises InvalidTransition: if it is not recorded as missed
    :raises SlotTaken: if its time has been given to somebody else
    """
    with booking.overlaps_refused():
        _take_back_noshow(appointment, reason, by=by, now=now)


@retried
@transaction.atomic
def _take_back_noshow(appointment: Appointment, reason: str, *, by: User, now: datetime) -> None:
    missing.take_back_noshow(appointment=appointment, reason=reason, by=by, now=now)
    missed = FeeProposal.objects.filter(
        appointment=appointment, reason=FeeProposal.Reason.NOSHOW
    ).select_for_update(of=("self",))
    for proposal in missed:
        decision = decision_of(proposal)
        if decision and decision.kind == CHARGED:
            raise Decided
        if decision is None:  # she was told that there may be a fee
            _waive(proposal, FeeDecision.Reason.TAKEN_BACK, by=by, now=now)
            notices.tell_waived(proposal=proposal, now=now)


def forbidding(proposal: FeeProposal) -> coverage.Rule | None:
    return cancellation.forbidding(proposal.appointment)


def decision_of(proposal: FeeProposal) -> FeeDecision | None:
    return FeeDecision.objects.filter(proposal=proposal).first()


def _lock(proposal: FeeProposal) -> None:
    proposal.appointment.lock()  # before the proposal: what becomes of the visit asks for both
    FeeProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)


def _waive(proposal: FeeProposal, reason: str, *, by: User | None, now: datetime) -> None:
    FeeDecision.objects.create(proposal=proposal, kind=WAIVED, reason=reason, decided_at=now, by=by)
    _record("fee.waived", proposal, by=by, at=now, reason=reason)


def _record(
    action: str, proposal: FeeProposal, *, by: User | None, at: datetime, reason: str = ""
) -> None:
    patient_id = proposal.appointment.patient_id
    audit.record(action, subject=proposal, by=by, at=at, patient_id=patient_id, reason=reason)
