"""The page on which a provider ends the care of a patient."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import caring
from accounts.http import SignedInRequest
from accounts.models import Patient, Provider
from accounts.permissions import PROVIDER, policy
from appointments import ending_care
from appointments.forms import EndCareForm


@policy(PROVIDER, finds=Patient.objects.in_clinical_care_of)
@require_http_methods(["GET", "POST"])
def care_ending(request: SignedInRequest, patient_ref: UUID) -> HttpResponse:
    patient = get_object_or_404(Patient.objects.in_clinical_care_of(request.user), ref=patient_ref)
    provider = get_object_or_404(Provider.objects.filter(user=request.user))
    form = EndCareForm(request.POST or None)
    if not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return show(request, patient, provider, form, status=status)
    try:
        ending_care.end_care(
            patient=patient,
            provider=provider,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except ending_care.StillToDo:
        return show(request, patient, provider, form, status=409)
    except caring.EndedAlready:  # in another window
        return redirect("home")
    messages.success(request, _("The care has ended. The practice keeps the record."))
    return redirect("home")


def show(
    request: SignedInRequest,
    patient: Patient,
    provider: Provider,
    form: EndCareForm,
    *,
    status: int,
) -> HttpResponse:
    unfinished = ending_care.unfinished(patient, provider, now=timezone.now())
    context = {"patient": patient, "form": form, "unfinished": unfinished.order_by("starts_at")}
    return render(request, "appointments/care_ending.html", context, status=status)
