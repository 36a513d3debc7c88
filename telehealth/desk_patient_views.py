"""The front desk's pages of one patient: to find her, and to book a visit for her."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import contact, finding
from accounts.finding_forms import FindPatientForm
from accounts.http import SignedInRequest
from accounts.models import Membership, Patient
from accounts.permissions import policy
from appointments import booking, cancellation, desk_booking, presenters
from appointments.booking import NotLicensed, NotOffered, SlotTaken
from appointments.desk_forms import BookForm, WithWhomForm
from appointments.forms import SinceForm
from appointments.models import Appointment
from core import zones
from telehealth.desk_patients import desk_patient_of, missing_of

FRONT_DESK, ADMIN = Membership.Role.FRONT_DESK, Membership.Role.ADMIN
TWO_WEEKS = timedelta(days=14)
NEAREST_COUNT = 6


@policy(FRONT_DESK, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_patients(request: SignedInRequest) -> HttpResponse:
    """Look for a patient. Asked for by POST: her name is to stand in no address."""
    form = FindPatientForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context |= {"is_asked": True, "found": finding.find(by=request.user, **form.cleaned_data)}
    status = 422 if form.errors else 200
    return render(request, "desk_patients.html", context, status=status)


@policy(FRONT_DESK, ADMIN, finds=Patient.objects.at_desk_of)
@require_safe
def desk_patient(request: SignedInRequest, patient_ref: UUID) -> HttpResponse:
    patient = at_desk(request, patient_ref)
    found = desk_patient_of(patient, on=timezone.localdate(), now=timezone.now())
    return render(request, "desk_patient.html", {"desk": found, "patient": patient})


@policy(FRONT_DESK, ADMIN, finds=Patient.objects.at_desk_of)
@require_http_methods(["GET", "HEAD", "POST"])
def book_for(request: SignedInRequest, patient_ref: UUID) -> HttpResponse:
    """Choose a therapist and a time, look it over, and book it for her: one address."""
    patient = at_desk(request, patient_ref)
    said = request.POST if request.method == "POST" else request.GET or None
    has_time = request.method == "POST" or "starts_at" in request.GET
    kind = BookForm if has_time else WithWhomForm
    form = kind(said, patient=patient, on=timezone.localdate())
    if not form.is_valid():
        return show(request, patient, form, status=422 if form.errors else 200)
    choice = form.cleaned_data | {"patient": patient}
    if not has_time:
        return show(request, patient, form, choice, status=200)
    if request.method == "POST":
        return create_booking(request, patient, choice)
    told = {
        "missing": missing_of(patient, on=timezone.localdate()),
        "is_told": contact.is_told(patient),
        "terms": terms_of(choice),
    }
    return render(request, "desk_booking_review.html", choice | told)


def terms_of(choice: dict[str, Any]) -> dict[str, int]:
    """What calling it off or missing it may cost: she is on the phone, and should hear it first."""
    provider = choice["provider"]
    visit = Appointment(  # not saved
        provider=provider,
        patient=choice["patient"],
        starts_at=choice["starts_at"],
        fee_cents=provider.fee_cents,
        cancellation_policy=booking.policy_of(provider, now=timezone.now()),
    )
    return {
        "free_hours": cancellation.free_hours(visit),
        "late_fee_cents": cancellation.late_fee_cents(visit),
        "noshow_fee_cents": cancellation.noshow_fee_cents(visit),
    }


def show(
    request: SignedInRequest,
    patient: Patient,
    form: WithWhomForm,
    choice: dict[str, Any] | None = None,
    *,
    status: int,
) -> HttpResponse:
    context = {"patient": patient, "form": form} | (times(request, choice) if choice else {})
    return render(request, "desk_booking.html", context, status=status)


def times(request: SignedInRequest, choice: dict[str, Any]) -> dict[str, Any]:
    """Two weeks of times with the provider, and where the weeks before and after them are."""
    form, today, zone = SinceForm(request.GET), timezone.localdate(), zones.current()
    since = max(form.cleaned_data["since"], today) if form.is_valid() else today
    start = datetime(since.year, since.month, since.day, tzinfo=zone)
    wanted = {name: choice[name] for name in ("patient", "provider", "state")}
    free = desk_booking.starts(**wanted, since=start, until=start + TWO_WEEKS, now=timezone.now())
    return wanted | {
        "days": presenters.by_day(free, zone),
        "later": since + TWO_WEEKS,
        "sooner": max(since - TWO_WEEKS, today) if since > today else None,
    }


def create_booking(
    request: SignedInRequest, patient: Patient, choice: dict[str, Any]
) -> HttpResponse:
    try:
        visit = desk_booking.book(**choice, by=request.user, now=timezone.now())
    except (SlotTaken, NotOffered, NotLicensed) as refusal:
        return refuse(request, refusal, choice)
    if contact.is_told(patient):
        messages.success(request, _("It is booked. We tell the patient, with what is still to do."))
    else:
        messages.success(request, _("It is booked. The patient gets no notices: call."))
    return redirect("appointments:detail", appointment_id=visit.id)


def refuse(request: SignedInRequest, refusal: Exception, choice: dict[str, Any]) -> HttpResponse:
    """Say why, that nothing was booked, and which times are nearest to the one wanted."""
    wanted = {name: choice[name] for name in ("patient", "provider", "state")}
    near = desk_booking.nearest(
        **wanted, wanted=choice["starts_at"], count=NEAREST_COUNT, now=timezone.now()
    )
    words = presenters.refused_booking(refusal, choice["state"])
    context = wanted | words | {"days": presenters.by_day(near, zones.current())}
    return render(request, "desk_booking_refused.html", context, status=409)


def at_desk(request: SignedInRequest, patient_ref: UUID) -> Patient:
    found = Patient.objects.at_desk_of(request.user).select_related("contact_rules")
    return get_object_or_404(found, ref=patient_ref)
