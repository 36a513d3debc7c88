"""Cards, charges and payments. The card network is the embedded simulator, or there is none."""

from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from accounts.models import Patient, User
from appointments.models import Appointment
from billing import cards, charges, payments, payouts
from billing.gateways.simulator import payouts as simulated_payouts
from billing.gateways.simulator import setups
from billing.gateways.simulator.cards import BY_NAME
from billing.gateways.simulator.memory import find
from billing.models import Charge
from core.models import Duty

GOOD_CARD, BAD_CARD = "pm_card_visa", "pm_card_chargeCustomerFail"
CARD_YEARS = 3
MINUTE = timedelta(minutes=1)


def save_card(patient: Patient, *, now: datetime, name: str = GOOD_CARD) -> None:
    """Open the card page, type one of Stripe's test cards, and come back."""
    if not settings.STRIPE_SIMULATOR:
        return  # no real network should hear of people who do not exist
    address = cards.begin_setup(
        patient=patient, return_url=settings.SITE_URL + reverse("billing:card_return"), now=now
    )
    ref = PurePosixPath(urlsplit(address).path).name
    setups.complete_checkout_session(
        find("checkout.session", ref),
        card=BY_NAME[name],
        expires=(now.year + CARD_YEARS, now.month),
        now=now,
    )
    cards.finish_setup(patient=patient, setup_ref=ref, by=patient.user, now=now)


def collect(visit: Appointment, *, by: User, now: datetime) -> None:
    """Confirm the charge of a visit, and take the money as the worker would, a minute later."""
    charge = Charge.objects.get(appointment=visit)
    payment = charges.confirm(charge=charge, by=by, now=now)
    if payment:
        payments.collect({"payment": str(payment.pk)}, now + MINUTE)


def receive_payouts(*, now: datetime) -> None:
    """Let the card network send what it owed until now, and enter it in the books."""
    due = Duty.objects.filter(kind="simulator.payout", done_at=None, due_at__lte=now)
    for duty in due.order_by("due_at"):
        simulated_payouts.pay_out(duty.payload, duty.due_at)
        payouts.refresh(payout_ref=duty.payload["payout"], now=duty.due_at)
