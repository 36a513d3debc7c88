"""The pages on which a visit gets another time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts import contact
from accounts.http import SignedInRequest
from accounts.models import Membership
from accounts.permissions import PATIENT, PROVIDER, policy
from appointments import cancellation, changing_series, moving, presenters
from appointments.booking import NotLicensed, NotOffered, SlotTaken, TooLate
from appointments.changing_series import Scope
from appointments.forms import MoveForm, SinceForm
from appointments.models import Appointment, InvalidTransition
from appointments.moving import Changed
from appointments.occurrences import Conflicts, NothingLeft, Occurrence, conflict_count
from appointments.presenters import VisitFacts
from core import zones

TWO_WEEKS = timedelta(days=14)
NEAREST_COUNT = 6
REFUSED = (
    SlotTaken, NotOffered, NotLicensed, TooLate, InvalidTransition, Changed, NothingLeft
)  # fmt: skip
DONE: dict[str, Any] = {
    Scope.THIS: _("The visit has its new time. We have told you both by mail."),
    Scope.FOLLOWING: _("The visits have their new times. We have told you both by mail."),
    Scope.ALL: _("The visits have their new times. We have told you both by mail."),
}
DONE_AT_DESK = _("It is moved. We tell patient and therapist.")
CALL_AT_DESK = _("It is moved. We tell the therapist. The patient gets no notices: call.")


@policy(PATIENT, PROVIDER, *Membership.KEEP_CALENDARS, finds=Appointment.objects.changed_by)
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    """Choose a time, look it over with what it costs, and move the visit: one address."""
    mine = Appointment.objects.changed_by(request.user)
    mine = mine.select_related("patient", "provider", "attendance", "cancellation_policy")
    mine = mine.prefetch_related("patient__coverages")
    appointment = get_object_or_404(mine, id=appointment_id)
    facts = presenters.visit_facts(appointment, reader=request.user, now=timezone.now())
    if request.method == "POST":
        return create_move(request, appointment, facts)
    if not facts.may_move:
        return refuse(request, appointment, TooLate(), appointment.starts_at)
    form = MoveForm(request.GET)
    if form.is_valid():
        return preview(request, appointment, facts, form)
    context = {"appointment": appointment, "facts": facts, "scopes": Scope.choices}
    context |= times(request, appointment)
    return render(request, "appointments/move.html", context)


def times(request: SignedInRequest, appointment: Appointment) -> dict[str, Any]:
    """Two weeks of times, and where the two weeks before and after them are."""
    form, now, zone = SinceForm(request.GET), timezone.now(), zones.current()
    week_before = appointment.starts_at.astimezone(zone).date() - timedelta(days=7)
    since = form.cleaned_data["since"] if form.is_valid() else week_before
    since = max(since, timezone.localdate())
    start = datetime(since.year, since.month, since.day, tzinfo=zone)
    end = start + TWO_WEEKS
    found = moving.starts(appointment, since=start, until=end, by=request.user, now=now)
    return {
        "days": presenters.by_day(found, zone),
        "later": since + TWO_WEEKS,
        "sooner": since - TWO_WEEKS if since > timezone.localdate() else None,
    }


def preview(
    request: SignedInRequest, appointment: Appointment, facts: VisitFacts, form: MoveForm
) -> HttpResponse:
    said, planned = form.cleaned_data, list[Occurrence]()
    if said["scope"] != Scope.THIS:
        try:
            planned = changing_series.plan(
                appointment=appointment,
                starts_at=said["starts_at"],
                scope=said["scope"],
                choices=form.choices(),
                by=request.user,
                now=timezone.now(),
            )
        except NotOffered as refusal:
            return refuse(request, appointment, refusal, said["starts_at"])
    return look_over(request, appointment, facts, form, planned, status=200)


def look_over(
    request: SignedInRequest,
    appointment: Appointment,
    facts: VisitFacts,
    form: MoveForm,
    planned: list[Occurrence],
    *,
    status: int,
) -> HttpResponse:
    context = {"appointment": appointment, "facts": facts, "form": form, "planned": planned}
    wanted, now = form.cleaned_data["starts_at"], timezone.now()
    is_near = cancellation.is_near(appointment, wanted, now=now)
    context |= {"conflict_count": conflict_count(planned)}
    context |= {"is_near": is_near and not facts.is_for_practice}
    return render(request, "appointments/move_review.html", context, status=status)


def create_move(
    request: SignedInRequest, appointment: Appointment, facts: VisitFacts
) -> HttpResponse:
    form = MoveForm(request.POST)
    if not form.is_valid():
        context = {"appointment": appointment}
        return render(request, "appointments/choice_invalid.html", context, status=422)
    try:
        enter(request, appointment, form)
    except Conflicts as conflicts:
        planned = conflicts.occurrences
        return look_over(request, appointment, facts, form, planned, status=409)
    except REFUSED as refusal:
        return refuse(request, appointment, refusal, form.cleaned_data["starts_at"])
    messages.success(request, done(appointment, facts, form.cleaned_data["scope"]))
    return redirect("appointments:detail", appointment_id=appointment.id)


def done(appointment: Appointment, facts: VisitFacts, scope: str) -> Any:
    if not facts.is_desk:
        return DONE[scope]
    assert appointment.patient is not None  # it is booked
    return DONE_AT_DESK if contact.is_told(appointment.patient) else CALL_AT_DESK


def enter(request: SignedInRequest, appointment: Appointment, form: MoveForm) -> None:
    said, now = form.cleaned_data, timezone.now()
    if said["scope"] == Scope.THIS:
        moving.move(
            appointment=appointment,
            starts_at=said["starts_at"],
            version=said["version"],
            by=request.user,
            now=now,
        )
    else:
        changing_series.move(
            appointment=appointment,
            starts_at=said["starts_at"],
            version=said["version"],
            scope=said["scope"],
            choices=form.choices(),
            by=request.user,
            now=now,
        )


def refuse(
    request: SignedInRequest, appointment: Appointment, refusal: Exception, wanted: datetime
) -> HttpResponse:
    """Say why, that the old time is kept, and which times are nearest to the one wanted."""
    appointment.refresh_from_db()
    near = []
    if isinstance(refusal, SlotTaken | NotOffered | NotLicensed):
        near = moving.nearest(
            appointment, wanted, count=NEAREST_COUNT, by=request.user, now=timezone.now()
        )
    context = presenters.refused_move(refusal, appointment, near, zones.current())
    return render(request, "appointments/move_refused.html", context, status=409)
