"""The page on which the practice keeps who pays for a patient's care."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import coverage
from accounts.coverage_forms import CoverageEndForm, CoverageForm
from accounts.http import SignedInRequest
from accounts.models import Coverage, Patient
from accounts.models.patients import OFFICE
from accounts.permissions import policy

INVALID, CONFLICT = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT


@policy(*OFFICE, finds=Patient.objects.kept_by)
@require_http_methods(["GET", "HEAD", "POST"])
def coverages(request: SignedInRequest, patient_ref: UUID) -> HttpResponse:
    patient = kept(request, patient_ref)
    if request.method != "POST":
        return show(request, patient, CoverageForm())
    form = CoverageForm(request.POST)
    if not form.is_valid():
        return show(request, patient, form, status=INVALID)
    try:
        coverage.enter(patient=patient, by=request.user, now=timezone.now(), **form.cleaned_data)
    except coverage.EnteredAlready:
        form.add_error("starts_on", _("This is entered already, from the same day on."))
        return show(request, patient, form, status=CONFLICT)
    messages.success(request, _("Who pays is kept."))
    return redirect("accounts:coverages", patient_ref=patient.ref)


@policy(*OFFICE, finds=Patient.objects.kept_by)
@require_POST
def create_coverage_end(
    request: SignedInRequest, patient_ref: UUID, coverage_id: int
) -> HttpResponse:
    patient = kept(request, patient_ref)
    found = get_object_or_404(patient.coverages, pk=coverage_id)
    form = CoverageEndForm(request.POST, auto_id=f"id_{found.pk}_%s")
    if not form.is_valid():
        return show_refused(request, patient, found, form, status=INVALID)
    last_on = form.cleaned_data["last_on"]
    try:
        coverage.end(coverage=found, last_on=last_on, by=request.user, now=timezone.now())
    except coverage.NotItsDays:
        form.add_error("last_on", _("It has ended already, or begins later than that."))
        return show_refused(request, patient, found, form, status=CONFLICT)
    messages.success(request, _("It ends on the day you chose."))
    return redirect("accounts:coverages", patient_ref=patient.ref)


def kept(request: SignedInRequest, patient_ref: UUID) -> Patient:
    return get_object_or_404(Patient.objects.kept_by(request.user), ref=patient_ref)


def show_refused(
    request: SignedInRequest,
    patient: Patient,
    ending: Coverage,
    form: CoverageEndForm,
    *,
    status: int,
) -> HttpResponse:
    return show(request, patient, CoverageForm(), ending=ending, end_form=form, status=status)


def show(
    request: SignedInRequest,
    patient: Patient,
    form: CoverageForm,
    *,
    ending: Coverage | None = None,
    end_form: CoverageEndForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    rows = [
        (row, end_form if row == ending else CoverageEndForm(auto_id=f"id_{row.pk}_%s"))
        for row in patient.coverages.all()
    ]
    context = {
        "patient": patient,
        "rows": rows,
        "form": form,
        "refused": end_form,
        "rule": coverage.forbidding(patient, on=timezone.localdate()),
    }
    return render(request, "accounts/coverages.html", context, status=status)
