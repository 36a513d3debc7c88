"""Threads: the list, one of them, and writing in it."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.permissions import PATIENT, PROVIDER, policy
from appointments.models import Appointment
from core import sealed_files
from messaging import attachments, messages, presenters, threads
from messaging.forms import EarlierForm, MessageForm, ReadingForm
from messaging.models import Attachment, Thread

# Nothing that somebody sent runs here, whatever a browser thinks it is.
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
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
    content = attachments.read(attachment=found, by=request.user, now=timezone.now())
    saved_as = content_disposition_header(as_attachment=True, filename=found.title)
    headers = HARMLESS | {"Content-Disposition": str(saved_as)}
    return HttpResponse(content, content_type=found.content_type, headers=headers)


def thread_or_404(request: SignedInRequest, thread_id: UUID) -> Thread:
    visible = Thread.objects.visible_to(request.user).with_people()
    return get_object_or_404(visible, id=thread_id)


def send(request: SignedInRequest, found: Thread) -> HttpResponse:
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, found, form, status=422)
    try:
        sent = messages.send(thread=found, by=request.user, now=timezone.now(), **form.cleaned_data)
    except messages.IdTaken:  # the browser's "back" showed a form that had been sent
        form = form.again()
        form.add_error("body", _("An earlier version of this was sent. Send it again to add it."))
        return show(request, found, form, status=409)
    except messages.CareEnded:
        closed = threads.why_closed(found.patient, found.provider)
        return show(request, found, form, status=410 if closed == threads.Closed.ERASED else 409)
    except sealed_files.NoRoom:
        form.add_error("uploads", _("There is no room for files at this moment. Nothing was sent."))
        return show(request, found, form, status=507)
    if is_fragment(request):
        context = presenters.context(found, request.user) | {"message": sent, "is_open": True}
        return render(request, "messaging/_sent.html", context | {"form": MessageForm()})
    return redirect(reverse("messaging:thread", args=[found.id]) + f"#message-{sent.number}")


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
