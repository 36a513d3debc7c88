"""What billing staff may know of a visit: dates, codes, payer, amounts. Never a word of it.

A projection, not rows: what is not named here cannot be read from it, by accident or otherwise.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Practice
from billing.models import Charge

SELF_PAY = "self-pay"  # the one kind of payer there is as yet
VISIT = "appointment"


@dataclass(frozen=True)
class Line:
    on: datetime
    patient_name: str
    provider_npi: str
    cpt: str
    modifier: str
    place_of_service: str
    amount_cents: int
    status: str
    payer: str


def of_practice(practice: Practice) -> QuerySet[Charge]:
    """The charges of the practice's patients, the latest visit first; worded by `line`. No fees for
    missed visits: no payer pays for those."""
    found = Charge.objects.of_visits().filter(appointment__patient__practice=practice)
    related = found.select_related(f"{VISIT}__patient", f"{VISIT}__provider")
    return related.order_by(f"-{VISIT}__starts_at", "pk")


def line(charge: Charge) -> Line:
    visit = charge.appointment
    assert visit.patient  # of a practice
    return Line(
        on=visit.starts_at,
        patient_name=visit.patient.legal_name,
        provider_npi=visit.provider.npi,
        cpt=charge.cpt,
        modifier=charge.modifier,
        place_of_service=charge.place_of_service,
        amount_cents=charge.amount_cents,
        status=charge.status,
        payer=SELF_PAY,
    )
