"""Threads: the list, one of them, and writing in it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.limits import refusal, spend
from accounts.permissions import PATIENT, PROVIDER, policy
from appointments.models import Appointment
from core import sealed_files
from messaging import attachments, messages, presenters, threads
from messaging.forms import EarlierForm, MessageForm, ReadingForm
from messaging.limits import MOST_BYTES_A_DAY
from messaging.models import Attachment, Thread

# Nothing that somebody sent runs here, whatever a browser thinks it is.
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# Why a message was not taken: at which field that is said, in what words, with what status.
REFUSALS: dict[type[Exception], tuple[str, Any, int]] = {
    # The browser's "back" showed a form that had been sent.
    messages.IdTaken: (
        "body",
        gettext_lazy("An earlier version of this was sent. Send it again to add it."),
        409,
    ),
    messages.CareEnded: ("", "", 409),  # the page says it in the place of the form
    attachments.TooManyWaiting: (
        "uploads",
        gettext_lazy("Many of your files are still being checked. Wait a few minutes, then send."),
        422,
    ),
    sealed_files.NoRoom: (
        "uploads",
        gettext_lazy("There is no room for files at this moment. Nothing was sent."),
        507,
    ),
}


@policy(PATIENT, PROVIDER)
@require_safe
def thread_list(request: SignedInRequest) -> HttpResponse:
    opened = Thread.objects.visible_to(request.user).with_people().with_news_for(request.user)
    context = {
        "rows": presenters.rows(opened, request.user),
        "openings": presenters.openings(threads.unopened(request.user), request.user),
    }
    return render(request, "messaging/thread_list.html", context)


@policy(PATIENT, PROVIDER, finds=Appointment.objects.visible_to)
@require_POST
def create_thread(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    """Open the thread of the two people of a visit."""
    visit = get_object_or_404(Appointment.objects.visible_to(request.user), id=appointment_id)
    try:
        opened = threads.open_for(visit, now=timezone.now())
    except threads.NotTogether as hold:
        raise Http404 from hold
    return redirect("messaging:thread", opened.id)


@policy(PATIENT, PROVIDER, finds=Thread.objects.visible_to)
@require_http_methods(["GET", "POST"])
def thread(request: SignedInRequest, thread_id: UUID) -> HttpResponse:
    found = thread_or_404(request, thread_id)
    if request.method == "POST":
        return send(request, found)
    return show(request, found, MessageForm())


@policy(PATIENT, PROVIDER, finds=Thread.objects.visible_to)
@require_safe
def missed(request: SignedInRequest, thread_id: UUID, after: int) -> HttpResponse:
    """What was written while an open page had no socket."""
    found = thread_or_404(request, thread_id)
    new = messages.catch_up(thread=found, by=request.user, now=timezone.now(), after=after)
    context = presenters.context(found, request.user) | {"shown": new}
    return render(request, "messaging/_messages.html", context)


@policy(PATIENT, PROVIDER, finds=Thread.objects.visible_to)
@require_POST
def create_reading(request: SignedInRequest, thread_id: UUID) -> HttpResponse:
    """Note what has been seen on an open page."""
    found = thread_or_404(request, thread_id)
    form = ReadingForm(request.POST)
    if not form.is_valid():
        words = _("This is not the number of a message.")
        return HttpResponse(words, status=422, content_type="text/plain")
    number = form.cleaned_data["number"]
    messages.mark_read(thread=found, by=request.user, now=timezone.now(), up_to=number)
    return HttpResponse(status=204)


@policy(PATIENT, PROVIDER, finds=Attachment.objects.visible_to)
@require_safe
def attachment(request: SignedInRequest, attachment_id: UUID) -> HttpResponse:
    """A file, to be saved and never shown; one that was not checked does not exist."""
    visible = Attachment.objects.visible_to(request.user).clean().with_people()
    found = get_object_or_404(visible, id=attachment_id)
    try:
        content = attachments.read(attachment=found, by=request.user, now=timezone.now())
    except attachments.Lost:
        context = {"thread": found.message.thread}
        return render(request, "messaging/attachment_lost.html", context, status=410)
    saved_as = content_disposition_header(as_attachment=True, filename=found.title)
    headers = HARMLESS | {"Content-Disposition": str(saved_as)}
    return HttpResponse(content, content_type=found.content_type, headers=headers)


def thread_or_404(request: SignedInRequest, thread_id: UUID) -> Thread:
    visible = Thread.objects.visible_to(request.user).with_people()
    return get_object_or_404(visible, id=thread_id)


def send(request: SignedInRequest, found: Thread) -> HttpResponse:
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, found, form.with_known_id(), status=422)
    if paused := look_at_amount(request, found, form):
        return paused
    try:
        sent = messages.send(thread=found, by=request.user, now=timezone.now(), **form.cleaned_data)
    except tuple(REFUSALS) as why:
        return refuse(request, found, form, why)
    if is_fragment(request):
        context = presenters.context(found, request.user) | {"message": sent, "is_open": True}
        return render(request, "messaging/_sent.html", context | {"form": MessageForm()})
    return redirect(reverse("messaging:thread", args=[found.id]) + f"#message-{sent.number}")


def look_at_amount(
    request: SignedInRequest, found: Thread, form: MessageForm
) -> HttpResponse | None:
    """Count the files of one person, and answer where they are too many or too large in all."""
    size = sum(len(upload.content) for upload in form.cleaned_data["uploads"])
    if not size:
        return None
    if paused := refusal(request, "files"):
        return paused
    by, now = request.user, timezone.now()
    if spend(size, of="files", most=MOST_BYTES_A_DAY, by=by, now=now):
        return None
    form.add_error("uploads", _("That is more than fits in a day. Send the rest tomorrow."))
    return show(request, found, form, status=422)


def refuse(
    request: SignedInRequest, found: Thread, form: MessageForm, why: Exception
) -> HttpResponse:
    field, words, status = REFUSALS[type(why)]
    if threads.why_closed(found.patient, found.provider) == threads.Closed.ERASED:
        status = 410
    if isinstance(why, messages.IdTaken):
        form = form.again()
    if field:
        form.add_error(field, words)
    return show(request, found, form, status=status)


def show(
    request: SignedInRequest, found: Thread, form: MessageForm, *, status: int = 200
) -> HttpResponse:
    context = presenters.context(found, request.user) | presenters.writing(found) | {"form": form}
    if is_fragment(request):
        return render(request, "messaging/_composer.html", context, status=status)
    if form.is_bound:
        form.choose_again()
    before = EarlierForm(request.GET).number()
    context["is_latest"] = before is None
    context["shown"] = messages.read(
        thread=found, by=request.user, now=timezone.now(), before=before
    )
    return render(request, "messaging/thread.html", context, status=status)


def is_fragment(request: SignedInRequest) -> bool:
    """Whether an open page asks, which needs only the part that changes."""
    return request.headers.get("HX-Request") == "true"
