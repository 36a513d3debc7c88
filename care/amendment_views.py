"""Asking for a change of the record, and answering."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership, Patient
from accounts.permissions import PATIENT, PROVIDER, policy
from care import amending
from care.amendment_forms import AnswerForm, AskForm, DisagreementForm
from care.models import AmendmentRequest, ProgressNote

ANSWERS = (PROVIDER, Membership.Role.ADMIN, Membership.Role.PRIVACY_OFFICER)
DEEDS = {
    AnswerForm.ACCEPT: amending.accept,
    AnswerForm.DENY: amending.deny,
    AnswerForm.EXTEND: amending.extend,
}


@policy(PATIENT)
@require_http_methods(["GET", "POST"])
def amendments(request: SignedInRequest) -> HttpResponse:
    """The patient's own requests with their answers, and the form for another."""
    patient = get_object_or_404(Patient, user=request.user)
    notes = ProgressNote.objects.of_patient(request.user).newest_first()
    form = AskForm(request.POST if request.method == "POST" else None, notes=notes)
    if form.is_valid():
        now = timezone.now()
        amending.ask(patient=patient, by=request.user, now=now, **form.cleaned_data)
        messages.success(request, _("Sent. You get an answer in writing within 60 days, here."))
        return redirect("care:amendments")
    status = 422 if request.method == "POST" else 200
    return show(request, patient, form, DisagreementForm(), status=status)


def show(
    request: SignedInRequest,
    patient: Patient,
    form: AskForm,
    disagreement: DisagreementForm,
    *,
    status: int,
) -> HttpResponse:
    asked = AmendmentRequest.objects.of_patient(request.user).with_steps()
    context = {
        "patient": patient,
        "form": form,
        "disagreement": disagreement,
        "requests": asked.reverse(),
    }
    return render(request, "care/amendments.html", context, status=status)


@policy(PATIENT, finds=AmendmentRequest.objects.of_patient)
@require_POST
def create_disagreement(request: SignedInRequest, request_id: UUID) -> HttpResponse:
    own = AmendmentRequest.objects.of_patient(request.user).select_related("patient__practice")
    found = get_object_or_404(own, pk=request_id)
    form = DisagreementForm(request.POST)
    if not form.is_valid():
        notes = ProgressNote.objects.of_patient(request.user).newest_first()
        return show(request, found.patient, AskForm(None, notes=notes), form, status=422)
    words, now = form.cleaned_data["words"], timezone.now()
    try:
        amending.disagree(request=found, words=words, by=request.user, now=now)
    except (amending.NotDenied, amending.Decided):
        messages.info(request, _("There is no denial that is open to a statement."))
    else:
        messages.success(request, _("Kept. It goes with every copy of the entry."))
    return redirect("care:amendments")


@policy(*ANSWERS)
@require_safe
def amendment_board(request: SignedInRequest) -> HttpResponse:
    """What waits for an answer, the most urgent first."""
    waiting = AmendmentRequest.objects.answered_by(request.user).waiting().with_steps()
    context = {"requests": sorted(waiting, key=lambda one: one.due_at), "now": timezone.now()}
    return render(request, "care/amendment_board.html", context)


@policy(*ANSWERS, finds=AmendmentRequest.objects.answered_by)
@require_http_methods(["GET", "POST"])
def amendment(request: SignedInRequest, request_id: UUID) -> HttpResponse:
    mine = AmendmentRequest.objects.answered_by(request.user).with_steps()
    found = get_object_or_404(mine, pk=request_id)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return answer_page(request, found, form, status=200)
    if not form.is_valid():
        return answer_page(request, found, form, status=422)
    deed, words = DEEDS[form.cleaned_data["deed"]], form.cleaned_data["words"]
    try:
        deed(request=found, words=words, by=request.user, now=timezone.now())
    except amending.Decided:
        form.add_error(None, _("Somebody has answered this in the meantime. Nothing was changed."))
        return answer_page(request, found, form, status=409)
    messages.success(request, _("Kept. The patient reads it on her page."))
    return redirect("care:amendment_board")


def answer_page(
    request: SignedInRequest, found: AmendmentRequest, form: AnswerForm, *, status: int
) -> HttpResponse:
    context = {"asked": found, "form": form, "now": timezone.now()}
    return render(request, "care/amendment.html", context, status=status)
