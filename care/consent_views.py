"""The page on which a patient reads and signs."""

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.following import following, wanted
from accounts.http import SignedInRequest
from accounts.models import Patient
from accounts.permissions import PATIENT, policy
from care import consents
from care.consent_forms import SignForm


@policy(PATIENT)
@require_http_methods(["GET", "POST"])
def sign(request: SignedInRequest) -> HttpResponse:
    patient = get_object_or_404(Patient, user=request.user)
    if not (documents := consents.missing(patient, on=timezone.localdate())):
        return signed(request, patient)
    if request.method != "POST":
        return page(request, SignForm(None, documents=documents, patient=patient), status=200)
    form = SignForm(request.POST, documents=documents, patient=patient)
    if not form.is_valid():
        return page(request, form, status=422)
    try:
        keep(form, patient, by=request)
    except consents.TextChanged:
        return page(request, SignForm(None, documents=documents, patient=patient), status=409)
    return HttpResponseRedirect(following(request, otherwise="home"))


def keep(form: SignForm, patient: Patient, *, by: SignedInRequest) -> None:
    """
    :raises TextChanged: if a text is not the one that was on the page
    """
    consents.sign_shown(
        patient=patient,
        shown=form.shown,
        signed_name=form.cleaned_data["signed_name"],
        by=by.user,
        on=timezone.localdate(),
        now=timezone.now(),
    )


def page(request: SignedInRequest, form: SignForm, *, status: int) -> HttpResponse:
    context = {"form": form, "next": wanted(request), "has_changed": status == HTTPStatus.CONFLICT}
    return render(request, "care/consents.html", context, status=status)


def signed(request: SignedInRequest, patient: Patient) -> HttpResponse:
    """All is signed: go on, or show what was signed to who came to read it."""
    if wanted(request):
        return HttpResponseRedirect(wanted(request))
    return render(request, "care/consents_signed.html", {"consents": consents.signed(patient)})
