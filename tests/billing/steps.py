"""What people and the worker do around money, for the tests of billing."""

from datetime import date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from django.db import transaction
from django.urls import reverse

from accounts.models import Patient
from appointments.models import Appointment, Attendance
from billing import cards, charges, ledger, payouts
from billing.gateways import Intent, IntentStatus
from billing.gateways.simulator import cards as test_cards
from billing.gateways.simulator import events, setups
from billing.gateways.simulator.memory import find
from billing.models import Account, CardOnFile, Charge, Entry, Payment, SimulatedObject
from core import duties
from core.models import Duty
from tests.factories import NINE, NOW

GOOD = "4242424242424242"
DECLINED_LATER = "4000000000000341"
NEEDS_APPROVAL = "4000002760003184"
RETURN_URL = "http://127.0.0.1:8000/card/return/"


@transaction.atomic
def type_card(url: str, number: str = GOOD, *, now: datetime = NOW) -> str:
    """Type a card on the page at `url`. Return the setup's reference, as the browser brings it."""
    session = find("checkout.session", url.rstrip("/").rpartition("/")[2])
    back = setups.complete_checkout_session(
        session, card=test_cards.BY_NUMBER[number], expires=(2030, 1), now=now
    )
    return parse_qs(urlsplit(back).query)["setup"][0]


def save_card(patient: Patient, number: str = GOOD, *, now: datetime = NOW) -> CardOnFile:
    url = cards.begin_setup(patient=patient, return_url=RETURN_URL, now=now)
    setup_ref = type_card(url, number, now=now)
    return cards.finish_setup(patient=patient, setup_ref=setup_ref, by=patient.user, now=now)


def attend(visit: Appointment, *, minutes: int = 50, **fields) -> Attendance:
    """Let the visit have taken place, and be written up."""
    Appointment.objects.filter(pk=visit.pk).update(status="fulfilled", arrived_at=NINE)
    visit.refresh_from_db()
    values = {
        "started_at": NINE,
        "ended_at": NINE + timedelta(minutes=minutes),
        "modality": "video",
        "patient_state": "IL",
        "is_at_home": True,
    }
    return Attendance.objects.create(appointment=visit, **values | fields)


def do(kind: str, *, now: datetime = NOW) -> list[str]:
    """Let the worker do the open duties of a kind, due or not. Return the failures' names."""
    failures = []
    for duty in Duty.objects.filter(kind=kind, done_at=None, dead_at=None):
        duties.attempt(duty, now=now)
        failures += [duty.error] if duty.done_at is None else []
    return failures


def webhooks(kind: str = "") -> list[tuple[bytes, dict[str, str]]]:
    """Body and headers of the simulator's events, oldest first, signed now."""
    rows = SimulatedObject.objects.filter(object="event").order_by("created_at", "id")
    return [events.signed(row.body) for row in rows if row.body["type"].startswith(kind)]


def deliver(client, body: bytes, headers: dict[str, str]) -> int:
    """Post a webhook to our own address. Return the status of the answer."""
    answer = client.post(
        reverse("billing:stripe_webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": headers["Stripe-Signature"]},
    )
    return answer.status_code


def draft(visit: Appointment) -> Charge:
    charge = charges.draft(appointment=visit, now=NINE)
    assert charge is not None
    return charge


def pay_out() -> None:
    """Let two days pass: the money goes to the bank, and we hear of it."""
    later = NINE + timedelta(days=2)
    do("simulator.payout", now=later)
    for ref in SimulatedObject.objects.filter(object="payout").values_list("id", flat=True):
        payouts.refresh(payout_ref=ref, now=later)


def post_something(number: int, *, patient: Patient | None = None) -> Entry:
    """Post a charge of a dollar."""
    return ledger.post(
        kind=Entry.Kind.CHARGE,
        source_id=f"some {number}",
        lines=[
            ledger.Leg(Account.PATIENT_RECEIVABLE, 100, patient),
            ledger.Leg(Account.REVENUE, -100),
        ],
        by=None,
        now=NINE,
    )


def succeeded(payment: Payment) -> Intent:
    """The card network's answer that a payment has gone through."""
    return Intent(
        ref="pi_a",
        payment_ref=str(payment.pk),
        status=IntentStatus.SUCCEEDED,
        movement_ref="txn_a",
        fee_cents=465,
        available_on=date(2026, 12, 5),
    )
