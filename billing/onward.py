"""Where a page leads next, when another page has sent the reader here."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from appointments.models import Appointment


def next_of(request: HttpRequest) -> str:
    """Return the `next` parameter if it stays on this site, else the home page."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=settings.SECURE
    ):
        return asked
    return reverse("home")


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
