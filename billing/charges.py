"""A visit becomes a charge: drafted from what happened, confirmed by the provider."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from appointments.models import Appointment, Attendance
from billing import cards, coding, ledger, notices, payments
from billing.models import Account, Charge, Entry, Payment
from core import audit


def draft(*, appointment: Appointment, now: datetime) -> Charge | None:
    """
    Code the charge of a fulfilled visit. Drafting it again returns the first draft.

    A visit too short for any psychotherapy code is drafted without a code and without an amount:
    the provider sees it, and nobody is charged. Where nothing says what happened, there is nothing
    to charge, and None is returned. Of a visit longer than a day a day's minutes are shown, and
    the page asks the provider to look at them.
    """
    attendance = Attendance.objects.filter(appointment=appointment).first()
    if attendance is None:
        return None
    on = attendance.started_at.astimezone(appointment.provider.zoneinfo).date()
    cpt = coding.cpt_for(attendance.minutes, on=on)
    values = {
        "cpt": cpt,
        "modifier": coding.modifier(has_video=attendance.modality == Attendance.Modality.VIDEO),
        "place_of_service": coding.place_of_service(is_at_home=attendance.is_at_home),
        "minutes": coding.counted(attendance.minutes),
        "amount_cents": appointment.fee_cents if cpt else 0,
        "drafted_at": now,
    }
    visit = {"appointment": appointment, "proposal": None}
    charge, _ = Charge.objects.get_or_create(**visit, defaults=values)
    return charge


@transaction.atomic
def confirm(*, charge: Charge, by: User, now: datetime) -> Payment | None:
    """
    Enter the charge in the books and begin to collect it from the card in use.

    Confirming twice has one effect. Returns None where there is nothing to pay, or no card: then
    the patient is told, and pays from her receipt.
    """
    charge = Charge.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    if charge.status == Charge.Status.CONFIRMED:
        return charge.latest_payment()
    charge.confirm(by=by, now=now)
    patient_id = charge.appointment.patient_id
    audit.record("charge.confirmed", subject=charge, by=by, at=now, patient_id=patient_id)
    return enter(charge, revenue=Account.REVENUE, by=by, now=now) if charge.amount_cents else None


def enter(charge: Charge, *, revenue: Account, by: User, now: datetime) -> Payment | None:
    """The part that is the same for a visit and for a fee: the books, and the card in use."""
    patient = charge.owed_by()
    ledger.post(
        kind=Entry.Kind.CHARGE,
        source_id=str(charge.pk),
        lines=[
            ledger.Leg(Account.PATIENT_RECEIVABLE, charge.amount_cents, patient),
            ledger.Leg(revenue, -charge.amount_cents, patient),
        ],
        by=by,
        now=now,
    )
    if card := cards.in_use(patient):
        return payments.start(charge=charge, card=card, now=now)
    notices.tell_unpaid(charge=charge, now=now)
    return None
