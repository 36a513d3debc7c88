"""The page on which a visit is repeated."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import Membership
from accounts.permissions import PATIENT, PROVIDER, policy
from appointments import cancellation, presenters, repeating
from appointments.booking import NotOffered, SlotTaken, TooLate
from appointments.forms import RepeatForm
from appointments.models import Appointment, InvalidTransition
from appointments.occurrences import Conflicts, NothingLeft, Occurrence, conflict_count
from appointments.repeating import RepeatsAlready, Rhythm


@policy(PATIENT, PROVIDER, *Membership.KEEP_CALENDARS, finds=Appointment.objects.changed_by)
@require_http_methods(["GET", "HEAD", "POST"])
def series(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    """Say how often, look each date over, and book them: one address."""
    mine = Appointment.objects.changed_by(request.user)
    mine = mine.select_related("patient", "provider", "attendance", "cancellation_policy")
    mine = mine.prefetch_related("patient__coverages")
    appointment = get_object_or_404(mine, id=appointment_id)
    facts = presenters.visit_facts(appointment, reader=request.user, now=timezone.now())
    if not facts.may_repeat:
        return refuse(request, appointment)
    said = request.POST if request.method == "POST" else request.GET or None
    form = RepeatForm(said, first=appointment.start_date)
    if not form.is_valid():
        return ask(request, appointment, form, status=422 if form.is_bound else 200)
    try:
        rhythm = repeating.within_reach(
            appointment=appointment, rhythm=form.rhythm(), by=request.user, now=timezone.now()
        )
        if request.method == "POST":
            return create_series(request, appointment, form, rhythm)
        return preview(request, appointment, form, rhythm)
    except (NotOffered, SlotTaken, TooLate, InvalidTransition, RepeatsAlready):
        return refuse(request, appointment)


def preview(
    request: SignedInRequest, appointment: Appointment, form: RepeatForm, rhythm: Rhythm
) -> HttpResponse:
    if rhythm.count == 1:
        form.add_error(None, _("The next date is further ahead than times are given."))
        return ask(request, appointment, form, status=422)
    planned = repeating.plan(
        appointment=appointment,
        rhythm=rhythm,
        choices=form.choices(),
        by=request.user,
        now=timezone.now(),
    )
    return look_over(request, appointment, form, rhythm, planned, status=200)


def create_series(
    request: SignedInRequest, appointment: Appointment, form: RepeatForm, rhythm: Rhythm
) -> HttpResponse:
    try:
        visits = repeating.repeat(
            appointment=appointment,
            rhythm=rhythm,
            choices=form.choices(),
            by=request.user,
            now=timezone.now(),
        )
    except Conflicts as conflicts:
        planned = conflicts.occurrences
        return look_over(request, appointment, form, rhythm, planned, status=409)
    except NothingLeft:
        form.add_error(None, _("Every date was left out, so there was nothing to book."))
        return ask(request, appointment, form, status=422)
    count = len(visits)
    words = ngettext("%(count)d visit is booked.", "%(count)d visits are booked.", count)
    messages.success(request, words % {"count": count})
    return redirect("appointments:detail", appointment_id=appointment.id)


def ask(
    request: SignedInRequest, appointment: Appointment, form: RepeatForm, *, status: int
) -> HttpResponse:
    context = {"appointment": appointment, "form": form}
    return render(request, "appointments/series.html", context, status=status)


def look_over(
    request: SignedInRequest,
    appointment: Appointment,
    form: RepeatForm,
    rhythm: Rhythm,
    planned: list[Occurrence],
    *,
    status: int,
) -> HttpResponse:
    context = {
        "appointment": appointment,
        "rhythm": rhythm,
        "is_cut": rhythm != form.rhythm(),
        "planned": planned,
        "conflict_count": conflict_count(planned),
        "free_hours": cancellation.free_hours(appointment),
        "late_fee_cents": cancellation.late_fee_cents(appointment),
    }
    return render(request, "appointments/series_review.html", context, status=status)


def refuse(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    appointment.refresh_from_db()
    context = {"appointment": appointment}
    return render(request, "appointments/series_refused.html", context, status=409)
