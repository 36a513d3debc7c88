"""Find a provider, hold a time, look after one's visits."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.following import following
from accounts.http import SignedInRequest
from accounts.limits import limited
from accounts.models import Membership, Provider, User
from accounts.permissions import PATIENT, PROVIDER, PUBLIC, policy
from accounts.zones import COOKIE
from appointments import booking, changing_series, invitation, presenters
from appointments.booking import NotLicensed, NotOffered, SlotTaken, TooLate
from appointments.changing_series import Scope
from appointments.desk_forms import DeskCancelForm
from appointments.directory import find, free_slots, instead_of, payers
from appointments.forms import FindForm, HoldForm, ScopeForm, StateForm, ZoneForm
from appointments.holders import holder_of, known_holder
from appointments.models import Appointment, AppointmentQuerySet, InvalidTransition
from appointments.ranking import Misplaced
from appointments.waiting import providers_for
from core import zones

DESK = Membership.KEEP_CALENDARS
VISITS_A_PAGE = 20
CANCELLED = {
    Scope.THIS: _lazy("The visit is cancelled. The time is free for someone else."),
    Scope.FOLLOWING: _lazy("This visit and those after it are cancelled."),
    Scope.ALL: _lazy("All visits of the series that were still to come are cancelled."),
}
A_YEAR = 365 * 24 * 60 * 60  # seconds


@policy(PUBLIC)
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    form = FindForm(request.GET if "state" in request.GET else None, payers=payers())
    context: dict[str, Any] = {"form": form, "zone_form": ZoneForm()}
    if form.is_valid():
        wishes = form.wishes(zone=zones.current())
        after = form.cleaned_data["after"]
        try:
            found = find(wishes, on=timezone.localdate(), now=timezone.now(), after=after)
        except Misplaced:
            form.add_error(None, _("This page of the list is no longer there. Search once more."))
        else:
            context |= presenters.found(found, wishes.state, zones.current())
    return render(request, "appointments/directory.html", context, status=_status(form))


@policy(PUBLIC, finds=Provider.objects.listed)
@require_safe
def provider(request: HttpRequest, slug: str) -> HttpResponse:
    shown = get_object_or_404(Provider.objects.listed(), slug=slug)
    form = StateForm(request.GET if "state" in request.GET else None)
    today = timezone.localdate()
    context = presenters.provider_facts(shown, on=today)
    if form.is_valid():
        state, holder = form.cleaned_data["state"], known_holder(request)
        slots = free_slots(provider=shown, state=state, now=timezone.now(), holder=holder)
        context |= presenters.slot_days(shown, state, slots, zones.current())
        context["is_licensed"] = shown.may_treat_in(state, on=today)
    context |= {"form": form, "zone_form": ZoneForm(), "may_wait": may_wait(request, shown)}
    return render(request, "appointments/provider.html", context, status=_status(form))


def may_wait(request: HttpRequest, shown: Provider) -> bool:
    """Whether the reader is a patient whom she could see. Of others nobody knows the practice."""
    user = request.user
    return isinstance(user, User) and providers_for(user).filter(pk=shown.pk).exists()


def _status(form: FindForm | StateForm) -> int:
    return 422 if form.errors else 200


@policy(PUBLIC)
@require_POST
def create_zone(request: HttpRequest) -> HttpResponse:
    """Show times in another zone from now on; the page comes back as it was."""
    back = following(request, otherwise="appointments:directory")
    form, response = ZoneForm(request.POST), HttpResponseRedirect(back)
    if form.is_valid():
        zone = form.cleaned_data["zone"]
        response.set_cookie(COOKIE, zone, A_YEAR, secure=request.is_secure(), samesite="Lax")
    return response


@policy(PUBLIC)
@require_POST
@limited("hold")
def create_hold(request: HttpRequest) -> HttpResponse:
    form = HoldForm(request.POST)
    if not form.is_valid():
        return render(request, "appointments/hold_invalid.html", status=422)
    if isinstance(request.user, User) and request.user.works_here:
        messages.info(request, _("You are signed in as staff. To book for yourself, sign out."))
        return redirect("appointments:provider", form.cleaned_data["provider"].slug)
    choice = {**form.cleaned_data, "holder": holder_of(request), "now": timezone.now()}
    try:
        held = booking.hold(**choice)
    except (SlotTaken, NotOffered, NotLicensed) as refusal:
        instead = instead_of(**choice, on=timezone.localdate())
        context = presenters.refused_hold(refusal, form.cleaned_data, instead, zones.current())
        return render(request, "appointments/hold_refused.html", context, status=409)
    return redirect("booking", appointment_id=held.id)


@policy(PATIENT, PROVIDER)
@require_safe
def visit_list(request: SignedInRequest) -> HttpResponse:
    mine = Appointment.objects.in_calendar_of(request.user)
    mine = mine.select_related("patient", "provider", "attendance")
    past = Paginator(mine.past(now=timezone.now()), VISITS_A_PAGE)
    context = {
        "upcoming": mine.upcoming(now=timezone.now()),
        "page": past.get_page(request.GET.get("page")),
    }
    return render(request, "appointments/visit_list.html", context)


@policy(PATIENT, PROVIDER, *DESK, finds=Appointment.objects.changed_by)
@require_safe
def detail(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    return _show(request, _changed(request, appointment_id))


def _show(
    request: SignedInRequest,
    appointment: Appointment,
    form: DeskCancelForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page of the two, or the one of the front desk: nothing on it leads into a chart."""
    facts = presenters.visit_facts(appointment, reader=request.user, now=timezone.now())
    context: dict[str, Any] = {"appointment": appointment, "facts": facts}
    if not facts.is_desk:
        return render(request, "appointments/visit_detail.html", context)
    context["form"] = form or DeskCancelForm()
    return render(request, "appointments/desk_visit.html", context, status=status)


@policy(PATIENT, PROVIDER, finds=Appointment.objects.visible_to)
@require_safe
def invitation_file(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _mine(request, appointment_id)
    return HttpResponse(
        invitation.write(appointment, email=request.user.email, zone=zones.current()),
        content_type=invitation.content_type(appointment),
        headers={"Content-Disposition": f'attachment; filename="{invitation.FILENAME}"'},
    )


@policy(PATIENT, PROVIDER, *DESK, finds=Appointment.objects.changed_by)
@require_POST
def create_cancellation(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _changed(request, appointment_id)
    is_desk = presenters.is_at_desk(appointment, request.user)
    form = DeskCancelForm(request.POST) if is_desk else ScopeForm(request.POST)
    if not form.is_valid():
        if isinstance(form, DeskCancelForm) and "reason" in form.errors:
            return _show(request, appointment, form, status=422)
        shown = {"appointment": appointment}
        return render(request, "appointments/choice_invalid.html", shown, status=422)
    said = {"reason": "", **form.cleaned_data}
    try:
        _cancel(appointment, **said, by=request.user)
    except (InvalidTransition, TooLate):
        context: dict[str, Any] = {"appointment": appointment, "is_desk": is_desk}
        return render(request, "appointments/cancellation_refused.html", context, status=409)
    messages.success(request, CANCELLED[said["scope"]])
    return redirect("appointments:detail", appointment_id=appointment.id)


def _cancel(appointment: Appointment, *, scope: str, reason: str, by: User) -> None:
    said: dict[str, Any] = {"reason": reason, "by": by, "now": timezone.now()}
    if scope == Scope.THIS:
        booking.cancel(appointment=appointment, **said)
    else:
        changing_series.cancel(appointment=appointment, scope=scope, **said)


def _mine(request: SignedInRequest, appointment_id: UUID) -> Appointment:
    return _found(Appointment.objects.visible_to(request.user), appointment_id)


def _changed(request: SignedInRequest, appointment_id: UUID) -> Appointment:
    return _found(Appointment.objects.changed_by(request.user), appointment_id)


def _found(rows: AppointmentQuerySet, appointment_id: UUID) -> Appointment:
    rows = rows.select_related("patient", "provider", "attendance", "cancellation_policy")
    return get_object_or_404(rows.prefetch_related("patient__coverages"), id=appointment_id)
