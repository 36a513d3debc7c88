"""The pages on which a provider names the calendars that she keeps elsewhere."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from accounts.models import Provider
from accounts.permissions import PROVIDER, policy
from appointments import importing
from appointments.external_forms import ExternalCalendarForm
from appointments.models import ExternalCalendar


@policy(PROVIDER)
@require_http_methods(["GET", "POST"])
def external_calendar(request: SignedInRequest) -> HttpResponse:
    own = get_object_or_404(Provider.objects.filter(user=request.user))
    form = ExternalCalendarForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return show(request, form, status)
    try:
        importing.add(provider=own, by=request.user, now=timezone.now(), **form.cleaned_data)
    except importing.NotAnAddress:
        form.add_error("address", _("This is not an address that we can fetch. Copy all of it."))
        return show(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    except importing.TooMany:
        form.add_error(None, _("You have five calendars here. Remove one first."))
        return show(request, form, HTTPStatus.CONFLICT)
    messages.success(request, _("Added. We fetch it within two minutes."))
    return redirect("appointments:calendars")


def show(request: SignedInRequest, form: ExternalCalendarForm, status: HTTPStatus) -> HttpResponse:
    return render(request, "appointments/external_calendar.html", {"form": form}, status=status)


@policy(PROVIDER, finds=ExternalCalendar.objects.kept_by)
@require_POST
def create_fetch(request: SignedInRequest, calendar_id: int) -> HttpResponse:
    importing.hasten(calendar=kept(request, calendar_id), now=timezone.now())
    messages.success(request, _("We fetch it within two minutes."))
    return redirect("appointments:calendars")


@policy(PROVIDER, finds=ExternalCalendar.objects.kept_by)
@require_POST
def create_calendar_end(request: SignedInRequest, calendar_id: int) -> HttpResponse:
    calendar = kept(request, calendar_id)
    importing.remove(calendar=calendar, by=request.user, now=timezone.now())
    messages.success(request, _("Removed. Its times count as free again."))
    return redirect("appointments:calendars")


def kept(request: SignedInRequest, calendar_id: int) -> ExternalCalendar:
    return get_object_or_404(ExternalCalendar.objects.kept_by(request.user), pk=calendar_id)
