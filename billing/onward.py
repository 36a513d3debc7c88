"""What can be told from the address of the page that comes next."""

from urllib.parse import urlsplit

from django.urls import Resolver404, ResolverMatch, resolve

from accounts.models import User
from appointments.models import Appointment
from billing.models import Charge
from billing.standing import State, standing_of


def fee_cents_of(address: str) -> int | None:
    """Return the fee of the visit that is being booked at `address`, if it is such a page."""
    if (match := _page(address, "booking")) is None:
        return None
    booked = Appointment.objects.filter(pk=match.kwargs["appointment_id"])
    return booked.values_list("fee_cents", flat=True).first()


def owed_at(address: str, *, by: User) -> Charge | None:
    """Return the charge that `by` is about to pay at `address`, if it is such a page."""
    if (match := _page(address, "billing:receipt")) is None:
        return None
    charge = Charge.objects.of_patient(by).filter(pk=match.kwargs["charge_id"]).first()
    is_owed = charge and standing_of(charge).state in (State.DECLINED, State.UNPAID)
    return charge if is_owed else None


def _page(address: str, name: str) -> ResolverMatch | None:
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return None
    return match if match.view_name == name else None
