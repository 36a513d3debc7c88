"""The page on which a provider writes the note of a visit."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from accounts.permissions import PROVIDER, policy
from appointments.models import Appointment, InvalidTransition
from care import consents, labels, notes
from care.models import ProgressNote
from care.note_forms import LabelForm, NoteForm


@policy(PROVIDER, finds=Appointment.objects.visible_to)
@require_http_methods(["GET", "POST"])
def note(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    visit = get_object_or_404(Appointment.objects.visible_to(request.user), id=appointment_id)
    try:
        found = notes.open_note(appointment=visit, by=request.user, now=timezone.now())
    except notes.NotTheProvider as stranger:
        raise Http404 from stranger
    except notes.NotArrived:
        return render(request, "care/note_too_early.html", {"appointment": visit}, status=409)
    if request.method == "POST":
        return write(request, found)
    return show(request, found, NoteForm.of(found))


@policy(PROVIDER, finds=Appointment.objects.visible_to)
@require_POST
def create_label(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    visit = get_object_or_404(Appointment.objects.visible_to(request.user), id=appointment_id)
    own = ProgressNote.objects.visible_to(request.user).filter(encounter__appointment=visit)
    found = get_object_or_404(own)
    form = LabelForm(request.POST)
    if not form.is_valid():
        return show(request, found, NoteForm.of(found), status=422)
    label = form.cleaned_data["label"]
    labels.put(note=found, label=label, by=request.user, now=timezone.now())
    messages.success(request, _("Kept. It counts from now on."))
    return redirect("care:note", visit.pk)


def write(request: SignedInRequest, found: ProgressNote) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return show(request, found, form, status=422)
    words = {name: form.cleaned_data[name] for name in ("body", "revision")}
    deed = notes.sign if form.cleaned_data["deed"] == NoteForm.SIGN else notes.save
    try:
        kept = deed(note=found, by=request.user, now=timezone.now(), **words)
    except notes.NothingToSign:
        form.add_error("body", _("Write a line or two first. A signed note cannot be empty."))
        return show(request, found, form, status=422)
    except notes.ChangedElsewhere as change:
        return show(request, change.newest, form.upon(change.newest), status=409)
    except notes.AlreadySigned:
        return show(request, found, form, status=409)
    except (notes.NotOver, InvalidTransition):
        form.add_error("body", _("The visit has not ended yet. End it first, then sign."))
        return show(request, found, form, status=409)
    return answer(request, kept)


def answer(request: SignedInRequest, kept: ProgressNote) -> HttpResponse:
    if is_fragment(request):
        context = {"note": kept, "revision": kept.revision, "is_saved": kept.revision > 0}
        return render(request, "care/_note_saved.html", context)
    return redirect(after(kept) if kept.is_signed else request.path)


def show(
    request: SignedInRequest, found: ProgressNote, form: NoteForm, *, status: int = 200
) -> HttpResponse:
    """The page. At 409 both copies are on it, so that nothing is lost."""
    if is_fragment(request):
        return HttpResponse(status=status)  # the open page keeps its words and says what is wrong
    appointment = found.encounter.appointment
    context = {
        "note": found,
        "form": form,
        "appointment": appointment,
        "attendance": getattr(appointment, "attendance", None),
        "label_form": LabelForm(initial={"label": found.encounter.label}),
        "permitted": consents.permitted_label(found, at=timezone.now()),
        "next_page": after(found),
        "is_saved": found.revision > 0 and form["body"].value() == found.body,
        "is_conflict": status == HTTPStatus.CONFLICT and form["body"].value() != found.body,
    }
    return render(request, "care/note.html", context, status=status)


def after(signed: ProgressNote) -> str:
    """Where a provider goes next: to the charge of the visit, if one was drafted."""
    charge = signed.encounter.appointment.charges.of_visits().first()
    return reverse("billing:charge", args=[charge.pk]) if charge else reverse("home")


def is_fragment(request: SignedInRequest) -> bool:
    """Whether an open page saves as it goes, and needs no page in return."""
    return request.headers.get("HX-Request") == "true"
