"""What billing staff may know of a visit: dates, codes, payer, amounts. Never a word of it.

A projection, not rows: what is not named here cannot be read from it, by accident or otherwise.
"""

from django.db.models import F, QuerySet, Value

from accounts.models import Practice
from billing.models import Charge

SELF_PAY = "self-pay"  # the one kind of payer there is as yet
FIELDS = ("pk", "cpt", "modifier", "place_of_service", "amount_cents", "status")


def of_practice(practice: Practice) -> QuerySet[Charge, dict[str, object]]:
    """The charges of the practice's patients, the latest visit first."""
    found = Charge.objects.filter(appointment__patient__practice=practice)
    return (
        found.order_by("-appointment__starts_at", "pk")
        .annotate(payer=Value(SELF_PAY))
        .values(
            *FIELDS,
            "payer",
            on=F("appointment__starts_at"),
            provider_npi=F("appointment__provider__npi"),
            patient_name=F("appointment__patient__legal_name"),
        )
    )
