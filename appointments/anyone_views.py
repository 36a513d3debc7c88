"""A visitor chooses a time, and has whoever of those who fit is free then."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.limits import limited
from accounts.models import Practice, User
from accounts.permissions import PUBLIC, policy
from appointments import anyone as anyones
from appointments import presenters
from appointments.booking import SlotTaken
from appointments.directory import payers
from appointments.forms import AnyoneHoldForm, FindForm, ZoneForm
from appointments.holders import holder_of, known_holder
from core import zones


@policy(PUBLIC)
@require_safe
def anyone(request: HttpRequest) -> HttpResponse:
    form = FindForm(request.GET if "state" in request.GET else None, payers=payers())
    context: dict[str, Any] = {"form": form, "zone_form": ZoneForm()}
    if form.is_valid():
        times, count = free(request, form, holder=known_holder(request))
        words = presenters.anyone(times, count, form.cleaned_data["state"], zones.current())
        context |= words
    status = 422 if form.errors else 200
    return render(request, "appointments/anyone.html", context, status=status)


@policy(PUBLIC)
@require_POST
@limited("hold")
def create_hold_of_anyone(request: HttpRequest) -> HttpResponse:
    form = AnyoneHoldForm(request.POST, payers=payers())
    if not form.is_valid():
        return render(request, "appointments/hold_invalid.html", status=422)
    if isinstance(request.user, User) and request.user.works_here:
        messages.info(request, _("You are signed in as staff. To book for yourself, sign out."))
        return redirect("appointments:directory")
    starts_at = form.cleaned_data["starts_at"]
    try:
        held = anyones.hold(
            wishes=form.wishes(zone=zones.current()),
            practice=practice_of(request.user),
            starts_at=starts_at,
            holder=holder_of(request),
            on=timezone.localdate(),
            now=timezone.now(),
        )
    except SlotTaken:
        return refuse(request, form, starts_at)
    return redirect("booking", appointment_id=held.id)


def refuse(request: HttpRequest, form: FindForm, wanted: datetime) -> HttpResponse:
    times, count = free(request, form, holder=holder_of(request))
    near = anyones.nearest(times, wanted)
    context = presenters.anyone(near, count, form.cleaned_data["state"], zones.current())
    return render(request, "appointments/anyone_refused.html", context | {"form": form}, status=409)


def free(request: HttpRequest, form: FindForm, *, holder: str) -> tuple[list[datetime], int]:
    """The times, and how many people they are of."""
    wishes, now = form.wishes(zone=zones.current()), timezone.now()
    practice = practice_of(request.user)
    fitting = anyones.who_fit(wishes, practice=practice, on=timezone.localdate(), now=now)
    return anyones.starts(fitting, wishes, now=now, holder=holder), len(fitting)


def practice_of(user: object) -> Practice | None:
    """A patient is seen in her own practice; who is none yet comes to that of whom she books."""
    patient = getattr(user, "patient", None)
    return patient.practice if patient else None
