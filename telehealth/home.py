"""The first page after signing in, by role."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import SignedInRequest
from accounts.models import Membership, Provider
from appointments.holders import known_holder
from appointments.models import Appointment
from telehealth.patient_home import home_of
from telehealth.provider_day import day_of

Role = Membership.Role
SEES_CALENDAR = {Role.FRONT_DESK, Role.ADMIN}


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    user = request.user
    if hasattr(user, "provider"):
        return day(request, user.provider)
    roles = {membership.role for membership in user.memberships.all()}
    if Role.BILLING in roles:
        return redirect("billing:ledger")
    if roles:
        return staff(request, roles)
    return patient_home(request)


def day(request: SignedInRequest, provider: Provider) -> HttpResponse:
    """The whole page, or what of it changes while it is open."""
    template = "_day.html" if request.headers.get("HX-Request") else "day.html"
    now = timezone.now()
    context = {"day": day_of(provider, now=now), "provider": provider, "now": now}
    return render(request, template, context)


def patient_home(request: SignedInRequest) -> HttpResponse:
    patient = getattr(request.user, "patient", None)
    held = Appointment.objects.held_by(known_holder(request)).filter(held_until__gt=timezone.now())
    context = {"patient": patient, "held": held.select_related("provider").first()}
    if patient:
        context["home"] = home_of(patient, on=timezone.localdate(), now=timezone.now())
    return render(request, "patient_home.html", context)


def staff(request: SignedInRequest, roles: set[str]) -> HttpResponse:
    """For those who have no page of their own yet: the practice's visits of today, no more.

    Names and times are what the front desk works with. Nothing here tells what a visit is about.
    """
    practice = request.user.memberships.select_related("practice").first().practice
    visits = Appointment.objects.filter(provider__practice=practice)
    today = visits.exclude(status=Appointment.Status.HELD).on_day(
        timezone.localdate(), timezone.get_current_timezone()
    )
    context = {"sees_calendar": bool(SEES_CALENDAR & roles), "practice": practice}
    context["visits"] = today.select_related("patient", "provider")
    return render(request, "staff_home.html", context)
