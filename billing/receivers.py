"""What billing does when something has happened below, and the duties that it can do."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import Patient
from accounts.signals import patient_erased
from appointments import cancellation
from appointments.models import Appointment
from appointments.signals import (
    appointment_cancelled,
    appointment_fulfilled,
    appointment_missed,
    appointment_moved,
)
from billing import cards, charges, fees, webhooks  # noqa: F401 -- webhooks registers its duty, and its imports theirs
from billing.gateways.simulator import events, payouts  # noqa: F401 -- they register the simulator's duties
from billing.models import FeeProposal

Reason = FeeProposal.Reason


@receiver(patient_erased)
def forget_cards(*, patient: Patient, now: datetime, **_: Any) -> None:
    cards.forget(patient=patient, now=now)


@receiver(appointment_cancelled)
def propose_for_cancellation(*, appointment: Appointment, now: datetime, **_: Any) -> None:
    if cancellation.is_late(appointment):
        cents = cancellation.late_fee_cents(appointment)
        fees.propose(appointment=appointment, reason=Reason.LATE, cents=cents, now=now)


@receiver(appointment_moved)
def propose_for_move(*, appointment: Appointment, now: datetime, **_: Any) -> None:
    if cancellation.is_moved_late(appointment.moves.get(version=appointment.version)):
        cents = cancellation.late_fee_cents(appointment)
        fees.propose(appointment=appointment, reason=Reason.MOVED, cents=cents, now=now)


@receiver(appointment_missed)
def propose_for_noshow(*, appointment: Appointment, now: datetime, **_: Any) -> None:
    cents = cancellation.noshow_fee_cents(appointment)
    fees.propose(appointment=appointment, reason=Reason.NOSHOW, cents=cents, now=now)


@receiver(appointment_fulfilled)
def draft_charge(*, appointment: Appointment, now: datetime, **_: Any) -> None:
    charges.draft(appointment=appointment, now=now)
