"""The page on which a patient takes a copy of her record."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Patient
from accounts.permissions import PATIENT, policy
from accounts.step_up import stepped_up
from telehealth.record import exporting


@policy(PATIENT)
@require_safe
@stepped_up
def record(request: SignedInRequest) -> HttpResponse:
    get_object_or_404(Patient, user=request.user)
    return render(request, "record.html")


@policy(PATIENT)
@require_POST
@stepped_up
def create_record_copy(request: SignedInRequest) -> HttpResponse:
    patient = get_object_or_404(Patient, user=request.user)
    made = exporting.export(patient=patient, by=request.user, now=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return HttpResponse(made.content, content_type="application/zip", headers=headers)
