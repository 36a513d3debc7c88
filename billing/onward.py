"""What can be told from the address of the page that comes next."""

from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from appointments.models import Appointment


def fee_cents_of(address: str) -> int | None:
    """Return the fee of the visit that is being booked at `address`, if it is such a page."""
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return None
    if match.view_name != "booking":
        return None
    booked = Appointment.objects.filter(pk=match.kwargs["appointment_id"])
    return booked.values_list("fee_cents", flat=True).first()
