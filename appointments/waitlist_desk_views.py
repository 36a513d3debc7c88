"""The waitlist as those see it who look after it: the front desk, and providers of their own."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership, Patient
from accounts.permissions import PROVIDER, policy, practice_of
from appointments import waiting, waitlist_pages, waitlist_terms
from appointments.booking import NotOffered
from appointments.models import WaitlistEntry
from appointments.waiting import NotWaiting
from appointments.waitlist_forms import DeskWaitlistForm, MinutesForm, PriorityForm

CONFLICT, INVALID = HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
DESK, ADMIN = Membership.KEEP_CALENDARS, Membership.Role.ADMIN


@policy(PROVIDER, *DESK)
@require_safe
def desk_waitlist(request: SignedInRequest) -> HttpResponse:
    context = {
        "rows": waitlist_pages.kept(request.user, now=timezone.now()),
        "is_desk": request.user.keeps_calendar,
        "is_admin": ADMIN in request.user.roles,
    }
    return render(request, "appointments/desk_waitlist.html", context)


@policy(*DESK, finds=Patient.objects.at_desk_of)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_waitlist_entry(request: SignedInRequest, patient_ref: UUID) -> HttpResponse:
    patient = get_object_or_404(Patient.objects.at_desk_of(request.user), ref=patient_ref)
    said = request.POST if request.method == "POST" else None
    form = DeskWaitlistForm(said, patient=patient, today=timezone.localdate())
    if not form.is_valid():
        return show_entry(request, patient, form, status=INVALID if said else HTTPStatus.OK)
    asked = {"patient": patient, "appointment": None} | form.cleaned_data
    try:
        waiting.ask(**asked, by=request.user, now=timezone.now())
    except NotOffered:
        form.add_error("provider", _("This therapist takes nobody new any more. Choose another."))
        return show_entry(request, patient, form, status=CONFLICT)
    messages.success(request, _("On the list. We tell the patient when a time is free."))
    return redirect("appointments:desk_waitlist")


def show_entry(
    request: SignedInRequest, patient: Patient, form: DeskWaitlistForm, *, status: int
) -> HttpResponse:
    context = {"patient": patient, "form": form}
    return render(request, "appointments/desk_waitlist_entry.html", context, status=status)


@policy(PROVIDER, *DESK, finds=WaitlistEntry.objects.kept_by)
@require_http_methods(["GET", "HEAD", "POST"])
def waitlist_priority(request: SignedInRequest, entry_ref: UUID) -> HttpResponse:
    kept = WaitlistEntry.objects.kept_by(request.user).select_related("patient", "provider")
    entry = get_object_or_404(kept, ref=entry_ref)
    said = request.POST if request.method == "POST" else None
    form = PriorityForm(said, initial=initial_of(entry, request))
    if not form.is_valid():
        return show_priority(request, entry, form, status=INVALID if said else HTTPStatus.OK)
    try:
        waiting.prioritize(entry=entry, by=request.user, now=timezone.now(), **form.cleaned_data)
    except NotWaiting:
        form.add_error(None, _("This patient waits no longer. Nothing has changed."))
        return show_priority(request, entry, form, status=CONFLICT)
    messages.success(request, _("The list is in its new order."))
    return redirect("appointments:desk_waitlist")


def initial_of(entry: WaitlistEntry, request: SignedInRequest) -> dict[str, str]:
    """The reason may be clinical: who does not treat her writes one, and reads none."""
    treats = entry.provider.user_id == request.user.pk
    return {
        "priority": entry.priority,
        "reason": entry.priority_reason if treats else "",
    }


def show_priority(
    request: SignedInRequest, entry: WaitlistEntry, form: PriorityForm, *, status: int
) -> HttpResponse:
    context = {"entry": entry, "form": form}
    return render(request, "appointments/waitlist_priority.html", context, status=status)


@policy(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def waitlist_minutes(request: SignedInRequest) -> HttpResponse:
    practice = practice_of(request.user, ADMIN)
    said = request.POST if request.method == "POST" else None
    form = MinutesForm(said, initial={"minutes": practice.waitlist_minutes})
    if form.is_valid():
        minutes = form.cleaned_data["minutes"]
        waitlist_terms.enter(
            practice=practice, minutes=minutes, by=request.user, now=timezone.now()
        )
        messages.success(request, _("Kept. It holds for the offers from now on."))
        return redirect("appointments:desk_waitlist")
    status = INVALID if said else HTTPStatus.OK
    return render(request, "appointments/waitlist_minutes.html", {"form": form}, status=status)
