"""What the front desk works through: who needs help joining, and notices that did not arrive."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership
from accounts.permissions import policy
from appointments import responding, undelivered
from appointments.responses import AppointmentResponse
from core import outbox

FRONT_DESK, ADMIN = Membership.Role.FRONT_DESK, Membership.Role.ADMIN


@policy(FRONT_DESK, ADMIN)
@require_safe
def undelivered_list(request: SignedInRequest) -> HttpResponse:
    rows = undelivered.list_of(request.user, now=timezone.now())
    return render(request, "appointments/undelivered_list.html", {"rows": rows})


@policy(FRONT_DESK, ADMIN, finds=undelivered.at_desk_of)
@require_POST
def create_retry(request: SignedInRequest, duty_id: UUID) -> HttpResponse:
    duty = get_object_or_404(undelivered.at_desk_of(request.user), pk=duty_id)
    try:
        undelivered.retry(duty=duty, by=request.user, now=timezone.now())
    except outbox.NotDead:
        return _too_late(request)
    messages.success(request, _("We are trying again. If it fails, it comes back to this list."))
    return redirect("appointments:undelivered_list")


@policy(FRONT_DESK, ADMIN, finds=undelivered.at_desk_of)
@require_POST
def create_settlement(request: SignedInRequest, duty_id: UUID) -> HttpResponse:
    duty = get_object_or_404(undelivered.at_desk_of(request.user), pk=duty_id)
    try:
        undelivered.settle(duty=duty, by=request.user, now=timezone.now())
    except outbox.NotDead:
        return _too_late(request)
    messages.success(request, _("Noted. It is off the list."))
    return redirect("appointments:undelivered_list")


@policy(FRONT_DESK, ADMIN, finds=AppointmentResponse.objects.at_desk_of)
@require_POST
def create_help_end(request: SignedInRequest, response_id: int) -> HttpResponse:
    calls = AppointmentResponse.objects.at_desk_of(request.user)
    call = get_object_or_404(calls, pk=response_id)
    try:
        responding.settle(response=call, by=request.user, now=timezone.now())
    except responding.Settled:
        return _too_late(request)
    messages.success(request, _("Noted. It is off the list."))
    return redirect("home")


def _too_late(request: SignedInRequest) -> HttpResponse:
    return render(request, "appointments/desk_too_late.html", status=409)
