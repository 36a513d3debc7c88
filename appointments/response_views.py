"""The page behind a reminder's link. Looking at it changes nothing: mail programs look, too."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.permissions import PATIENT, policy
from appointments import presenters, responding
from appointments.models import Appointment


@policy(PATIENT, finds=Appointment.objects.visible_to)
@require_safe
def response(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    return _show(request, _mine(request, appointment_id))


@policy(PATIENT, finds=Appointment.objects.visible_to)
@require_POST
def create_acceptance(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    visit = _mine(request, appointment_id)
    try:
        responding.accept(appointment=visit, by=request.user, now=timezone.now())
    except responding.NotAhead:
        return _show(request, visit, status=HTTPStatus.CONFLICT)
    messages.success(request, _("Thank you. Your therapist sees that you will be there."))
    return redirect("appointments:response", visit.id)


@policy(PATIENT, finds=Appointment.objects.visible_to)
@require_POST
def create_help_call(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    visit = _mine(request, appointment_id)
    try:
        responding.ask_for_help(appointment=visit, by=request.user, now=timezone.now())
    except responding.NotAhead:
        return _show(request, visit, status=HTTPStatus.CONFLICT)
    return redirect("appointments:response", visit.id)


def _mine(request: SignedInRequest, appointment_id: UUID) -> Appointment:
    visits = Appointment.objects.visible_to(request.user).filter(patient__user=request.user)
    visits = visits.select_related("patient", "provider__practice")
    return get_object_or_404(visits, id=appointment_id)


def _show(
    request: SignedInRequest, visit: Appointment, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = presenters.response_facts(visit, now=timezone.now())
    return render(request, "appointments/response.html", context, status=status)
