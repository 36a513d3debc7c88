"""Supervision: agreements of the two who sign them, and the notes that they open, to read."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership
from accounts.permissions import PROVIDER, policy, practice_of
from care import consents, labels, supervising
from care.models import ProgressNote, SupervisionAgreement
from care.supervision_forms import ProposalForm

SUPERVISOR = Membership.Role.SUPERVISOR
NOTES_A_PAGE = 25


@policy(SUPERVISOR, PROVIDER)
@require_http_methods(["GET", "POST"])
def supervision(request: SignedInRequest) -> HttpResponse:
    if not request.user.has_role(SUPERVISOR):
        if request.method == "POST":
            raise Http404
        return show(request, None, status=200)
    practice = practice_of(request.user, SUPERVISOR)
    form = ProposalForm(request.POST or None, practice=practice, now=timezone.now())
    if form.is_valid() and proposed(form, request):
        messages.success(request, _("Signed by you. It counts once the therapist has signed too."))
        return redirect("care:supervision")
    return show(request, form, status=422 if request.method == "POST" else 200)


def proposed(form: ProposalForm, request: SignedInRequest) -> bool:
    try:
        supervising.propose(
            practice=practice_of(request.user, SUPERVISOR),
            supervisor=request.user,
            supervisee=form.cleaned_data["supervisee"].user,
            until=form.cleaned_data["until"],
            now=timezone.now(),
        )
    except supervising.AgreedAlready:
        form.add_error("supervisee", _("There is an agreement with this therapist already."))
        return False
    return True


def show(request: SignedInRequest, form: ProposalForm | None, *, status: int) -> HttpResponse:
    agreements = SupervisionAgreement.objects.visible_to(request.user).with_people()
    context = {"form": form, "agreements": agreements.order_by("-starts_at"), "now": timezone.now()}
    return render(request, "care/supervision.html", context, status=status)


@policy(PROVIDER, finds=SupervisionAgreement.objects.visible_to)
@require_POST
def create_signature(request: SignedInRequest, agreement_id: int) -> HttpResponse:
    found = get_object_or_404(
        SupervisionAgreement.objects.visible_to(request.user), pk=agreement_id
    )
    try:
        supervising.sign(agreement=found, by=request.user, now=timezone.now())
    except supervising.NotYours as stranger:
        raise Http404 from stranger
    except supervising.Over:
        messages.info(request, _("The agreement has ended, so there is nothing to sign."))
    return redirect("care:supervision")


@policy(SUPERVISOR, PROVIDER, finds=SupervisionAgreement.objects.visible_to)
@require_POST
def create_ending(request: SignedInRequest, agreement_id: int) -> HttpResponse:
    found = get_object_or_404(
        SupervisionAgreement.objects.visible_to(request.user), pk=agreement_id
    )
    try:
        supervising.end(agreement=found, by=request.user, now=timezone.now())
    except supervising.Over:
        messages.info(request, _("The agreement had ended already."))
    return redirect("care:supervision")


@policy(SUPERVISOR, finds=SupervisionAgreement.objects.reading)
@require_safe
def supervised_notes(request: SignedInRequest, agreement_id: int) -> HttpResponse:
    reading = SupervisionAgreement.objects.reading(request.user).with_people()
    agreement = get_object_or_404(reading, pk=agreement_id)
    notes = ProgressNote.objects.readable_by(request.user).signed_by(agreement).newest_first()
    page = Paginator(notes, NOTES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "care/supervised_notes.html", {"agreement": agreement, "page": page})


@policy(SUPERVISOR, PROVIDER, finds=ProgressNote.objects.readable_by)
@require_safe
def signed_note(request: SignedInRequest, note_id: UUID) -> HttpResponse:
    notes = ProgressNote.objects.readable_by(request.user).newest_first()
    note = get_object_or_404(notes, pk=note_id)
    supervising.record_reading(note=note, by=request.user, now=timezone.now())
    context = {
        "note": note,
        "appointment": note.encounter.appointment,
        "notice": labels.notice_of(note),
        "consent": consents.permitted_label(note, at=timezone.now()),
    }
    return render(request, "care/signed_note.html", context)
