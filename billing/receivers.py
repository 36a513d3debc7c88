"""What billing does when something has happened below, and the duties that it can do."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import Patient
from accounts.signals import patient_erased
from appointments.models import Appointment
from appointments.signals import appointment_fulfilled
from billing import cards, charges, webhooks  # noqa: F401 -- webhooks registers its duty, and its imports theirs
from billing.gateways.simulator import events, payouts  # noqa: F401 -- they register the simulator's duties


@receiver(patient_erased)
def forget_cards(*, patient: Patient, now: datetime, **_: Any) -> None:
    cards.forget(patient=patient, now=now)


@receiver(appointment_fulfilled)
def draft_charge(*, appointment: Appointment, now: datetime, **_: Any) -> None:
    charges.draft(appointment=appointment, now=now)
