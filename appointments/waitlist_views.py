"""A patient's pages of the waitlist: to ask, to see what she waits for, to answer an offer.

Looking at an offer changes nothing: mail programs look, too.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership, Patient, Provider
from accounts.permissions import PATIENT, PROVIDER, policy
from appointments import waiting, waitlist_answering, waitlist_pages
from appointments.booking import NotLicensed, NotOffered, PatientBusy, SlotTaken, TooLate
from appointments.models import Appointment, InvalidTransition, WaitlistEntry, WaitlistOffer
from appointments.moving import Changed
from appointments.waiting import providers_for
from appointments.waitlist import AlreadyClosed
from appointments.waitlist_forms import AcceptForm, WaitlistForm

CONFLICT, INVALID = HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
REFUSED = (SlotTaken, NotOffered, NotLicensed, TooLate, InvalidTransition)
DESK = Membership.KEEP_CALENDARS


@policy(PATIENT)
@require_safe
def waitlist(request: SignedInRequest) -> HttpResponse:
    rows = waitlist_pages.hers(request.user, now=timezone.now())
    return render(request, "appointments/waitlist.html", {"rows": rows})


@policy(PATIENT, finds=providers_for)
@require_http_methods(["GET", "HEAD", "POST"])
def waitlist_entry(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = get_object_or_404(providers_for(request.user), slug=slug)
    patient = request.user.patient
    visits = waiting.visits_of(patient, provider, now=timezone.now())
    said = request.POST if request.method == "POST" else None
    initial = initial_of(request, patient, provider, visits)
    form = WaitlistForm(said, visits=visits, today=timezone.localdate(), initial=initial)
    if not form.is_valid():
        return show_entry(request, provider, form, status=INVALID if said else HTTPStatus.OK)
    asked: dict[str, Any] = {"patient": patient, "provider": provider} | form.asked()
    try:
        waiting.ask(**asked, by=request.user, now=timezone.now())
    except (NotOffered, InvalidTransition):
        form.add_error(None, _("This has changed while the page was open. Look at it again."))
        return show_entry(request, provider, form, status=CONFLICT)
    messages.success(request, _("We tell you when a time that suits you is free."))
    return redirect("appointments:waitlist")


def initial_of(
    request: SignedInRequest, patient: Patient, provider: Provider, visits: list[Appointment]
) -> dict[str, Any]:
    """What she said before; else the visit that the address names, or the soonest."""
    entry = waiting.entry_of(patient, provider)
    if entry is not None:
        names = ("weekdays", "parts", "until")
        said = {name: getattr(entry, name) for name in names}
        return said | {"state": entry.patient_state, "appointment": entry.appointment_id or ""}
    named = request.GET.get("appointment", "")
    known = {str(visit.pk) for visit in visits}
    soonest = visits[0].pk if visits else ""
    return {"state": patient.state, "appointment": named if named in known else soonest}


def show_entry(
    request: SignedInRequest, provider: Provider, form: WaitlistForm, *, status: int
) -> HttpResponse:
    context = {"provider": provider, "form": form}
    return render(request, "appointments/waitlist_entry.html", context, status=status)


@policy(PATIENT, PROVIDER, *DESK, finds=WaitlistEntry.objects.changed_by)
@require_POST
def create_waitlist_end(request: SignedInRequest, entry_ref: UUID) -> HttpResponse:
    entry = get_object_or_404(WaitlistEntry.objects.changed_by(request.user), ref=entry_ref)
    waiting.end(entry=entry, by=request.user, now=timezone.now())
    messages.success(request, _("Noted. It is off the list."))
    is_hers = entry.patient.user_id == request.user.pk
    return redirect("appointments:waitlist" if is_hers else "appointments:desk_waitlist")


@policy(PATIENT, finds=WaitlistOffer.objects.visible_to)
@require_safe
def waitlist_offer(request: SignedInRequest, offer_id: UUID) -> HttpResponse:
    return show_offer(request, mine(request, offer_id))


@policy(PATIENT, finds=WaitlistOffer.objects.visible_to)
@require_POST
def create_offer_acceptance(request: SignedInRequest, offer_id: UUID) -> HttpResponse:
    offer, form = mine(request, offer_id), AcceptForm(request.POST)
    if not form.is_valid():
        return show_offer(request, offer, refusal=_("Look at the offer once more."), status=INVALID)
    try:
        return accept(request, offer, **form.cleaned_data)
    except (AlreadyClosed, Changed, *REFUSED) as refusal:
        words = "" if isinstance(refusal, AlreadyClosed) else worded(refusal)
        return show_offer(request, mine(request, offer_id), refusal=words, status=CONFLICT)


def accept(
    request: SignedInRequest, offer: WaitlistOffer, *, appointment: UUID | None, version: int
) -> HttpResponse:
    visits = Appointment.objects.visible_to(request.user).filter(patient__user=request.user)
    visit = get_object_or_404(visits, pk=appointment) if appointment else None
    booked = waitlist_answering.accept(
        offer=offer, appointment=visit, version=version, by=request.user, now=timezone.now()
    )
    if visit is None:
        messages.success(request, _("The visit is yours."))
        return redirect("preparation", appointment_id=booked.pk)
    messages.success(request, _("Your visit has the earlier time. We have told you both."))
    return redirect("appointments:detail", appointment_id=booked.pk)


def worded(refusal: Exception) -> str:
    if isinstance(refusal, Changed):
        return _("Your visit has changed meanwhile. Look at what taking this time does now.")
    if isinstance(refusal, PatientBusy):
        return _("You have another visit at that time. Nothing has changed.")
    return _("This time cannot be had any more. Nothing has changed.")


@policy(PATIENT, finds=WaitlistOffer.objects.visible_to)
@require_POST
def create_offer_decline(request: SignedInRequest, offer_id: UUID) -> HttpResponse:
    offer = mine(request, offer_id)
    try:
        waitlist_answering.decline(offer=offer, by=request.user, now=timezone.now())
    except AlreadyClosed:
        return show_offer(request, mine(request, offer_id), status=CONFLICT)
    messages.success(request, _("Noted. We tell you of the next time that suits you."))
    return redirect("appointments:waitlist")


def mine(request: SignedInRequest, offer_id: UUID) -> WaitlistOffer:
    related = ("entry__patient", "entry__provider", "entry__appointment__cancellation_policy")
    offers = WaitlistOffer.objects.visible_to(request.user).select_related(*related)
    return get_object_or_404(offers, pk=offer_id)


def show_offer(
    request: SignedInRequest,
    offer: WaitlistOffer,
    *,
    refusal: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now = timezone.now()
    context = waitlist_pages.offer_facts(offer, reader=request.user, now=now, refusal=refusal)
    return render(request, "appointments/waitlist_offer.html", context, status=status)
