"""The first page after signing in, by role."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership, Patient, Practice, Provider, User
from accounts.permissions import SIGNED_IN, policy, practice_of
from appointments.holders import known_holder
from appointments.models import Appointment
from telehealth import front_desk
from telehealth.listing import missing_of
from telehealth.patient_home import home_of
from telehealth.provider_day import day_of

Role = Membership.Role
SEES_CALENDAR = frozenset(Membership.KEEP_CALENDARS)
# Whose work is on one page begins there.
ONE_PAGE = {
    Role.PRIVACY_OFFICER: "accounts:access_log",
    Role.SUPERVISOR: "care:supervision",
}


@policy(SIGNED_IN)
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    user = request.user
    if hasattr(user, "provider"):
        return day(request, user.provider)
    if Role.BILLING in user.roles:
        return redirect("billing:ledger")
    for role, address in ONE_PAGE.items():
        if user.roles == {role}:
            return redirect(address)
    if user.roles:
        sees_calendar = bool(SEES_CALENDAR & user.roles)
        roles = SEES_CALENDAR if sees_calendar else user.roles
        return staff(request, practice_of(user, *roles), sees_calendar=sees_calendar)
    return patient_home(request)


def day(request: SignedInRequest, provider: Provider) -> HttpResponse:
    """The whole page, or what of it changes while it is open."""
    template = "_day.html" if request.headers.get("HX-Request") else "day.html"
    now = timezone.now()
    context = {"day": day_of(provider, now=now), "provider": provider, "now": now}
    if template == "day.html":
        context["missing"] = missing_of(provider, now=now)
    return render(request, template, context)


def patient_home(request: SignedInRequest) -> HttpResponse:
    patient = getattr(request.user, "patient", None)
    held = Appointment.objects.held_by(known_holder(request)).filter(held_until__gt=timezone.now())
    context = {"patient": patient, "held": held.select_related("provider").first()}
    if patient:
        context["home"] = home_of(patient, on=timezone.localdate(), now=timezone.now())
    return render(request, "patient_home.html", context)


def supported(user: User) -> list[Patient]:
    """The people whom a peer support worker is there for: by name and number."""
    others = Patient.objects.visible_to(user).exclude(user=user)
    return sorted(others, key=lambda patient: patient.legal_name)  # names are sealed at rest


def staff(request: SignedInRequest, practice: Practice, *, sees_calendar: bool) -> HttpResponse:
    """For those who have no page of their own yet: the practice's day, no more."""
    now, context = timezone.now(), dict[str, Any](practice=practice)
    if sees_calendar:
        on = timezone.localdate()
        context["desk"] = front_desk.desk_of(request.user, practice, on=on, now=now)
        if request.headers.get("HX-Request"):
            return render(request, "_desk.html", context)
    else:
        context["is_peer"] = Role.PEER in request.user.roles
        context["supported"] = supported(request.user)
    return render(request, "staff_home.html", context)
