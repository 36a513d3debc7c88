"""The way into the room: check in, try camera and microphone, come in, leave."""

import json
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.codes import State
from accounts.http import SignedInRequest
from accounts.permissions import PATIENT, PROVIDER, policy
from appointments import door
from appointments.models import Appointment
from sessions import arrival, ice, opening, presenters, probing
from sessions.forms import CheckInForm, presets
from sessions.models import InvalidTransition, Role, VideoSession

RoomView = Callable[[SignedInRequest, VideoSession], HttpResponse]


def visit_or_404(request: SignedInRequest, appointment_id: UUID) -> Appointment:
    related = ("patient", "provider__practice")
    visits = Appointment.objects.visible_to(request.user).select_related(*related)
    return get_object_or_404(visits, id=appointment_id)


def with_room(view: RoomView) -> Callable[[SignedInRequest, UUID], HttpResponse]:
    """Hand the view the visit's room, or say when it is open."""

    @wraps(view)
    def opened(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
        visit = visit_or_404(request, appointment_id)
        try:
            room = opening.open_room(appointment=visit, now=timezone.now())
        except opening.RoomClosed as closed:
            context = {
                "appointment": visit,
                "why": closed.why,
                "opens_at": door.opens_at(visit),
            }
            return render(request, "sessions/closed.html", context, status=409)
        room.appointment = visit  # with what was selected along
        return view(request, room)

    return opened


@policy(PATIENT, PROVIDER, finds=Appointment.objects.visible_to)
@require_http_methods(["GET", "POST"])
@with_room
def check_in(request: SignedInRequest, room: VideoSession) -> HttpResponse:
    visit = room.appointment
    if room.is_past_the_door or room.role_of(request.user) == Role.PROVIDER:
        return redirect("video:room", visit.id)
    form = CheckInForm(request.POST or None, initial=presets(room))
    context = {"appointment": visit, "form": form}
    if not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "sessions/check_in.html", context, status=status)
    try:
        arrival.check_in(session=room, by=request.user, now=timezone.now(), **form.cleaned_data)
    except arrival.NotLicensedThere as refusal:
        context["refused_state"] = State(refusal.state).label
        return render(request, "sessions/check_in.html", context, status=409)
    except InvalidTransition:
        return redirect("video:room", visit.id)
    return redirect("video:room_devices", visit.id)


@policy(PATIENT, PROVIDER, finds=Appointment.objects.visible_to)
@require_safe
def devices(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    """Camera and microphone can be tried at any time, from the day of booking on."""
    visit = visit_or_404(request, appointment_id)
    context = {"appointment": visit, "ice": json.dumps(ice.servers(now=timezone.now()))}
    return render(request, "sessions/devices.html", context)


@policy(PATIENT, PROVIDER, finds=Appointment.objects.visible_to)
@require_POST
def create_probe(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    """Pass an offer on to the probe: the page then measures the real path to this server."""
    visit_or_404(request, appointment_id)
    if len(request.body) > probing.MAX_BYTES:
        return HttpResponse(status=413)
    try:
        answer = probing.ask(request.body.decode())
    except (probing.NoAnswer, UnicodeDecodeError):
        return HttpResponse(status=503)
    return HttpResponse(answer, content_type="application/sdp")


@policy(PATIENT, PROVIDER, finds=Appointment.objects.visible_to)
@require_safe
@with_room
def room(request: SignedInRequest, session: VideoSession) -> HttpResponse:
    page = presenters.page_of(session, request.user)
    if session.status == VideoSession.Status.ENDED:
        return after_the_end(request, page)
    if page.is_patient and not hasattr(session, "check_in"):
        return redirect("video:room_check_in", session.appointment_id)
    return render(request, "sessions/room.html", {"page": page})


def after_the_end(request: SignedInRequest, page: presenters.RoomPage) -> HttpResponse:
    """The patient is thanked; the provider writes, if there was a visit to write about."""
    if page.is_patient:
        return render(request, "sessions/ended.html", {"page": page})
    if page.room.live_at:
        return redirect("care:note", page.appointment.id)
    return redirect("home")


@policy(PROVIDER, finds=Appointment.objects.visible_to)
@require_safe
@with_room
def facts(request: SignedInRequest, session: VideoSession) -> HttpResponse:
    """Where the patient is and whom to call, for the provider only."""
    page = presenters.page_of(session, request.user)
    if page.is_patient:
        raise Http404
    return render(request, "sessions/_facts.html", {"page": page})


@policy(PATIENT, PROVIDER, finds=Appointment.objects.visible_to)
@require_safe
@with_room
def left(request: SignedInRequest, session: VideoSession) -> HttpResponse:
    if session.status == VideoSession.Status.ENDED:
        return redirect("video:room", session.appointment_id)
    page = presenters.page_of(session, request.user)
    return render(request, "sessions/left.html", {"page": page})
