"""The page of a person's calendars, and the file that her calendar program fetches."""

from hashlib import sha256

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.limits import read_refusal
from accounts.permissions import PATIENT, PROVIDER, PUBLIC, policy
from accounts.step_up import stepped_up
from appointments import calendars_page, feeding, invitation
from appointments.models import CalendarFeed


@policy(PATIENT, PROVIDER)
@require_safe
def calendars(request: SignedInRequest) -> HttpResponse:
    context = calendars_page.of(request.user, now=timezone.now())
    return render(request, "appointments/calendars.html", context)


@policy(PATIENT, PROVIDER)
@stepped_up
@require_http_methods(["GET", "POST"])
def feed(request: SignedInRequest) -> HttpResponse:
    """Make an address, or another one. It is on the answer to the form alone, never again."""
    if request.method == "POST":
        token = feeding.make(by=request.user, now=timezone.now())
        context = {"address": feeding.address_of(token)}
        return render(request, "appointments/feed_made.html", context)
    former = CalendarFeed.objects.of_user(request.user)
    return render(request, "appointments/feed.html", {"feed": former})


@policy(PATIENT, PROVIDER)
@require_POST
def create_feed_end(request: SignedInRequest) -> HttpResponse:
    feeding.revoke(by=request.user, now=timezone.now())
    messages.success(request, _("The address has ended. Whatever fetches it gets nothing more."))
    return redirect("appointments:calendars")


@policy(PUBLIC, finds=feeding.read)
@require_safe
def feed_file(request: HttpRequest, token: str) -> HttpResponse:
    """For a program, which signs in by the address itself."""
    if refusal := read_refusal(request, "feed", key=token):
        return refusal
    try:
        body = feeding.read(token=token, now=timezone.now())
    except feeding.NoSuchFeed as unknown:
        raise Http404 from unknown
    etag = f'"{sha256(body).hexdigest()}"'
    # The program may keep what it has, and asks each time whether that still holds.
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    whole = HttpResponse(body, content_type=invitation.PUBLISHED, headers=headers)
    answer = get_conditional_response(request, etag=etag, response=whole)
    return answer if isinstance(answer, HttpResponse) else whole
