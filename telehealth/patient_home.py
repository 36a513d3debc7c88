"""A patient's home: the next visit, what is still missing for it, what came in."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef

from accounts.models import Patient
from appointments import door
from appointments.models import Appointment
from billing import cards
from billing.models import Payment
from care import consents
from messaging.models import Message

RECEIPTS_SHOWN = 3


@dataclass(frozen=True)
class PatientHome:
    visit: Appointment | None  # the next one
    opens_at: datetime | None
    is_open: bool  # one can come in
    has_to_sign: bool
    has_card: bool
    unread_count: int
    payments: list[Payment]  # of the newest charges

    @property
    def owed(self) -> list[Payment]:
        """Those that were declined and can be paid with another card."""
        return [payment for payment in self.payments if payment.status == Payment.Status.FAILED]


def home_of(patient: Patient, *, on: date, now: datetime) -> PatientHome:
    """Gather a patient's home. Five queries."""
    visit = _next_visit(patient, now=now)
    opens_at = door.opens_at(visit) if visit else None
    return PatientHome(
        visit=visit,
        opens_at=opens_at,
        is_open=opens_at is not None and opens_at <= now,
        has_to_sign=bool(consents.missing(patient, on=on)),
        has_card=cards.in_use(patient) is not None,
        unread_count=Message.objects.visible_to(patient.user).unread_by(patient.user).count(),
        payments=_payments(patient),
    )


def _next_visit(patient: Patient, *, now: datetime) -> Appointment | None:
    """The first that one can still come to: the room stays open for a while after the end."""
    ahead = Appointment.objects.filter(
        patient=patient,
        status__in=[Appointment.Status.BOOKED, Appointment.Status.ARRIVED],
        ends_at__gt=now - door.CLOSES_AFTER,
        attendance=None,
    )
    return ahead.select_related("provider").order_by("starts_at").first()


def _payments(patient: Patient) -> list[Payment]:
    """The latest try of each charge; an earlier one that was declined is history."""
    later = Payment.objects.filter(charge=OuterRef("charge"), started_at__gt=OuterRef("started_at"))
    latest = Payment.objects.filter(charge__appointment__patient=patient).exclude(Exists(later))
    newest = latest.select_related("charge__appointment__provider").order_by("-started_at")
    return list(newest[:RECEIPTS_SHOWN])
