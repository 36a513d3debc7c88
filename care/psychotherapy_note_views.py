"""A therapist's private notes: on one patient, all of her own, one of them, and its end."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import holds
from accounts.http import SignedInRequest
from accounts.models import Patient
from accounts.permissions import PROVIDER, policy
from care import psychotherapy_notes as notes
from care.models import PsychotherapyNote
from care.psychotherapy_note_forms import PsychotherapyNoteForm

LINES_A_PAGE = 25


@policy(PROVIDER, finds=Patient.objects.in_clinical_care_of)
@require_http_methods(["GET", "POST"])
def psychotherapy_notes(request: SignedInRequest, patient_ref: UUID) -> HttpResponse:
    patient = get_object_or_404(Patient.objects.in_clinical_care_of(request.user), ref=patient_ref)
    if request.method == "POST":
        return write(request, patient)
    return show(request, patient, PsychotherapyNoteForm())


@policy(PROVIDER)
@require_safe
def own_psychotherapy_notes(request: SignedInRequest) -> HttpResponse:
    """Also those on former patients, who have no name here."""
    own = PsychotherapyNote.objects.visible_to(request.user).with_care_of(request.user)
    page = Paginator(own, LINES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "care/own_psychotherapy_notes.html", {"page": page})


@policy(PROVIDER, finds=PsychotherapyNote.objects.visible_to)
@require_safe
def psychotherapy_note(request: SignedInRequest, psychotherapy_note_id: UUID) -> HttpResponse:
    context = {"note": note_or_404(request, psychotherapy_note_id)}
    return render(request, "care/psychotherapy_note.html", context)


@policy(PROVIDER, finds=PsychotherapyNote.objects.visible_to)
@require_http_methods(["GET", "POST"])
def psychotherapy_note_destruction(
    request: SignedInRequest, psychotherapy_note_id: UUID
) -> HttpResponse:
    note = note_or_404(request, psychotherapy_note_id)
    if request.method == "POST":
        return destroy(request, note)
    return ask(request, note, is_held=holds.open_hold(note.patient) is not None)


def note_or_404(request: SignedInRequest, note_id: UUID) -> PsychotherapyNote:
    own = PsychotherapyNote.objects.visible_to(request.user).with_care_of(request.user)
    return get_object_or_404(own, id=note_id)


def write(request: SignedInRequest, patient: Patient) -> HttpResponse:
    form = PsychotherapyNoteForm(request.POST)
    if not form.is_valid():
        return show(request, patient, form, status=422)
    words = {name: form.cleaned_data[name] for name in ("note_id", "body")}
    try:
        notes.write(patient=patient, by=request.user, now=timezone.now(), **words)
    except notes.NotInCare as ended:
        raise Http404 from ended
    except notes.IdTaken:  # the browser's "back" showed a form that had been sent
        form = form.again()
        form.add_error("body", _("An earlier version of this was kept. Keep it again to add it."))
        return show(request, patient, form, status=409)
    except notes.DestroyedAlready:
        form = form.again()
        form.add_error("body", _("This note was destroyed. Keep the words again to begin another."))
        return show(request, patient, form, status=409)
    messages.success(request, _("Kept. Only you can read it."))
    return redirect("care:psychotherapy_notes", patient.ref)


def show(
    request: SignedInRequest, patient: Patient, form: PsychotherapyNoteForm, *, status: int = 200
) -> HttpResponse:
    own = PsychotherapyNote.objects.visible_to(request.user).filter(patient=patient)
    lines = own.order_by("-written_at", "-pk")
    page = Paginator(lines, LINES_A_PAGE).get_page(request.GET.get("page"))
    context = {"patient": patient, "form": form, "page": page}
    return render(request, "care/psychotherapy_notes.html", context, status=status)


def destroy(request: SignedInRequest, note: PsychotherapyNote) -> HttpResponse:
    try:
        notes.destroy(note=note, by=request.user, now=timezone.now())
    except notes.OnHold:
        return ask(request, note, is_held=True, status=409)
    except notes.DestroyedAlready as gone:
        raise Http404 from gone
    messages.success(request, _("The note is destroyed."))
    return redirect("care:own_psychotherapy_notes")


def ask(
    request: SignedInRequest, note: PsychotherapyNote, *, is_held: bool, status: int = 200
) -> HttpResponse:
    context = {"note": note, "is_held": is_held}
    return render(request, "care/psychotherapy_note_destruction.html", context, status=status)
