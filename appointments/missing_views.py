"""Recording that a visit did not take place, by its provider or by the front desk."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest
from accounts.permissions import PROVIDER, policy
from appointments import missing
from appointments.models import Appointment, InvalidTransition
from appointments.responses import DESK


@policy(PROVIDER, *DESK, finds=Appointment.objects.kept_by)
@require_POST
def create_noshow(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    words = _("Noted: nobody came. If that was a mistake, you can take it back for a day.")
    return _record(request, appointment_id, missing.record_noshow, words)


@policy(PROVIDER, *DESK, finds=Appointment.objects.kept_by)
@require_POST
def create_failure(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    words = _("Noted: the visit could not take place. It costs the patient nothing.")
    return _record(request, appointment_id, missing.record_failure, words)


def _record(
    request: SignedInRequest, appointment_id: UUID, deed: Callable[..., None], words: str
) -> HttpResponse:
    kept = Appointment.objects.kept_by(request.user).select_related("provider")
    visit = get_object_or_404(kept, id=appointment_id)
    try:
        deed(appointment=visit, by=request.user, now=timezone.now())
    except (missing.TooSoon, InvalidTransition) as refusal:
        return _refuse(request, visit, refusal)
    messages.success(request, words)
    if visit.provider.user_id == request.user.pk:
        return redirect("appointments:detail", appointment_id=visit.id)
    return redirect("home")  # the visit's page is the provider's alone


def _refuse(request: SignedInRequest, visit: Appointment, refusal: Exception) -> HttpResponse:
    context = {"visit": visit, "is_too_soon": isinstance(refusal, missing.TooSoon)}
    context["from"] = missing.may_be_missed_from(visit)
    return render(request, "appointments/missing_refused.html", context, status=HTTPStatus.CONFLICT)
