"""What a patient reads and signs, permits, and takes back."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.following import following, wanted
from accounts.http import SignedInRequest
from accounts.models import Patient
from accounts.permissions import PATIENT, policy
from care import consents
from care.consent_forms import PermitForm, SignForm
from care.consents import Document


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
    """All is signed: go on, or to the list for who came to read it."""
    return HttpResponseRedirect(wanted(request) or reverse("care:consent_list"))


@policy(PATIENT)
@require_safe
def consent_list(request: SignedInRequest) -> HttpResponse:
    patient = get_object_or_404(Patient, user=request.user)
    context = {
        "choices": consents.choices(patient, on=timezone.localdate(), now=timezone.now()),
        "history": consents.history(patient),
    }
    return render(request, "care/consent_list.html", context)


@policy(PATIENT, finds=consents.text_of)
@require_http_methods(["GET", "POST"])
def consent(request: SignedInRequest, kind: str) -> HttpResponse:
    """One text by itself, to be permitted or left."""
    patient = get_object_or_404(Patient, user=request.user)
    today = timezone.localdate()
    if (document := consents.text_of(kind, on=today)) is None:
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = PermitForm(data, document=document, patient=patient, today=today)
    if request.method != "POST":
        return show(request, form, status=200)
    if not form.is_valid():
        return show(request, form, status=422)
    try:
        permit(form, document, patient, by=request)
    except consents.TextChanged:
        blank = PermitForm(None, document=document, patient=patient, today=today)
        return show(request, blank, status=409)
    return redirect("care:consent_list")


def permit(form: PermitForm, document: Document, patient: Patient, *, by: SignedInRequest) -> None:
    """
    :raises TextChanged: if the text is not the one that was on the page
    """
    consents.permit(
        patient=patient,
        document=document,
        shown=form.shown,
        signed_name=form.cleaned_data["signed_name"],
        until=form.cleaned_data["until"],
        by=by.user,
        now=timezone.now(),
    )


def show(request: SignedInRequest, form: PermitForm, *, status: int) -> HttpResponse:
    context = {"form": form, "has_changed": status == HTTPStatus.CONFLICT}
    return render(request, "care/consent.html", context, status=status)


@policy(PATIENT, finds=consents.text_of)
@require_POST
def create_consent_end(request: SignedInRequest, kind: str) -> HttpResponse:
    patient = get_object_or_404(Patient, user=request.user)
    if consents.text_of(kind, on=timezone.localdate()) is None:
        raise Http404
    try:
        consents.take_back(patient=patient, kind=kind, by=request.user, now=timezone.now())
    except consents.NotGiven:
        messages.info(request, _("There was nothing to take back: it was not permitted."))
    else:
        messages.success(request, _("Taken back. It counts from now on."))
    return redirect("care:consent_list")
