"""From a held time to a booked visit, and to one that the practice has booked: whatever is still
missing comes next."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.limits import limited
from accounts.models import Patient, User
from accounts.permissions import PATIENT, PUBLIC, SIGNED_IN, policy
from appointments import booking, cancellation, offers
from appointments.holders import known_holder
from appointments.models import Appointment
from billing import cards
from care import consents

View = Callable[[HttpRequest, Appointment], HttpResponse]
Routed = Callable[[HttpRequest, UUID], HttpResponse]


def for_holder(view: View) -> Routed:
    """Give `view` the time that this visitor holds, run out or not.

    A visit that she has booked has its own page. For anybody else, nothing is here; nor is it for
    her once somebody has taken the time, which is all that the page can say.
    """

    @wraps(view)
    def guarded(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
        held = Appointment.objects.held_by(known_holder(request)).select_related("provider")
        visit = held.filter(id=appointment_id).first()
        if visit:
            return view(request, visit)
        # Looked for second: a hold may become a booking meanwhile, and never the other way.
        if is_booked(appointment_id, by=request.user):
            return redirect("appointments:detail", appointment_id)
        return gone(request)

    return guarded


def gone(request: HttpRequest) -> HttpResponse:
    """Say that nothing is held here; and what is, where she chose another time since."""
    held = Appointment.objects.held_by(known_holder(request)).select_related("provider")
    context = {"held": held.filter(held_until__gt=timezone.now()).first()}
    return render(request, "booking_gone.html", context, status=404)


def is_booked(appointment_id: UUID, *, by: object) -> bool:
    if not isinstance(by, User):
        return False
    mine = Appointment.objects.filter(patient__user=by, id=appointment_id)
    return mine.exclude(status=Appointment.Status.HELD).exists()


@policy(PUBLIC, finds=Appointment.objects.held_by)
@require_safe
@for_holder
def next_step(request: HttpRequest, visit: Appointment) -> HttpResponse:
    if has_run_out(visit):
        return expired(request, visit)
    if is_staff(request.user):
        return render(request, "booking_as_staff.html", {"visit": visit}, status=409)
    return redirect(missing(visit, user=request.user) or reverse("booking_review", args=[visit.id]))


@policy(SIGNED_IN, finds=Appointment.objects.held_by)
@require_http_methods(["GET", "POST"])
@for_holder
def review(request: HttpRequest, visit: Appointment) -> HttpResponse:
    if has_run_out(visit):
        return expired(request, visit)
    patient = patient_of(request.user)
    if patient is None or missing(visit, user=request.user):
        return redirect("booking", visit.id)
    if request.method == "POST":
        return confirm(request, visit, patient)
    return render(request, "booking_review.html", summary(visit, patient))


def confirm(request: HttpRequest, visit: Appointment, patient: Patient) -> HttpResponse:
    try:
        booking.confirm(appointment=visit, patient=patient, by=patient.user, now=timezone.now())
    except booking.HoldExpired:
        return expired(request, visit)
    except booking.PatientBusy:
        return render(request, "booking_busy.html", {"visit": visit}, status=409)
    except booking.SlotTaken:
        context = {"visit": visit, "way": None}  # whose banner would say that it is kept
        return render(request, "booking_taken.html", context, status=409)
    messages.success(request, _("It is booked. We sent you a mail with the time."))
    return redirect("appointments:detail", visit.id)


@policy(PUBLIC, finds=Appointment.objects.held_by)
@require_POST
@limited("hold")
@for_holder
def create_renewal(request: HttpRequest, visit: Appointment) -> HttpResponse:
    try:
        booking.renew(appointment=visit, now=timezone.now())
    except booking.SlotTaken:
        return render(request, "booking_taken.html", {"visit": visit}, status=409)
    return redirect("booking", visit.id)


@policy(PATIENT, finds=Appointment.objects.visible_to)
@require_safe
def preparation(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    """Lead whom the practice has booked to what is still to do, one thing after the other, and in
    the end to the visit's page. None of it can cost her the visit."""
    mine = Appointment.objects.visible_to(request.user).filter(patient__user=request.user)
    visit = get_object_or_404(mine, id=appointment_id)
    to_do = ""
    if visit.status == Appointment.Status.BOOKED:
        to_do = missing(visit, user=request.user, back="preparation")
    return redirect(to_do or reverse("appointments:detail", args=[visit.id]))


def missing(visit: Appointment, *, user: object, back: str = "booking") -> str:
    """Return the address of the first page that is still to do, or "" when nothing is missing.

    :param back: the name of the page to which each leads back
    """
    if not isinstance(user, User):
        return leading_back("account_signup", visit, back)
    if (patient := patient_of(user)) is None:
        return leading_back("accounts:about_you", visit, back, state=visit.patient_state)
    if consents.missing(patient, on=timezone.localdate()):
        return leading_back("care:consents", visit, back)
    if cards.in_use(patient) is None:
        return leading_back("billing:card", visit, back)
    return ""


def patient_of(user: object) -> Patient | None:
    return Patient.objects.filter(user=user).first() if isinstance(user, User) else None


def leading_back(page: str, visit: Appointment, back: str, **query: str) -> str:
    query["next"] = reverse(back, args=[visit.id])
    return f"{reverse(page)}?{urlencode(query)}"


def is_staff(user: object) -> bool:
    """Staff are no patients under the same account: see accounts.views."""
    return isinstance(user, User) and user.memberships.exists()


def has_run_out(visit: Appointment) -> bool:
    return visit.held_until is None or visit.held_until <= timezone.now()


def expired(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """Say that the time is no longer held, and offer it again if nobody has it."""
    offered = offers.of([visit.provider], now=timezone.now(), holder=visit.holder)
    is_free = any(offer.has_free(visit.starts_at) for offer in offered)
    context = {"visit": visit, "is_free": is_free}
    return render(request, "booking_expired.html", context, status=409)


def summary(visit: Appointment, patient: Patient) -> dict[str, object]:
    return {
        "visit": visit,
        "patient": patient,
        "card": cards.in_use(patient),
        "free_until": cancellation.free_until(visit),
        "is_free_to_cancel": cancellation.is_free(visit, now=timezone.now()),
    }
