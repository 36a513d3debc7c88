"""Who looked at my record; and the privacy officer's board."""

from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import trail, trail_export
from accounts.http import SignedInRequest
from accounts.models import Membership, Patient
from accounts.permissions import PATIENT, policy
from accounts.step_up import stepped_up
from accounts.trail_forms import ExportForm, SearchForm

PRIVACY_OFFICER = Membership.Role.PRIVACY_OFFICER
LINES_A_PAGE = 25


@policy(PATIENT)
@require_safe
def access(request: SignedInRequest) -> HttpResponse:
    own = Patient.objects.filter(user=request.user).select_related("practice")
    patient = get_object_or_404(own)
    with_own = "own" in request.GET
    pages = Paginator(trail.of_patient(patient, with_own=with_own), LINES_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "patient": patient,
        "with_own": with_own,
        "page": page,
        "lines": trail.lines_for_patient(list(page), patient),
    }
    return render(request, "accounts/access.html", context)


@policy(PRIVACY_OFFICER)
@require_safe
def access_log(request: SignedInRequest) -> HttpResponse:
    """The log keeps the practice's calendar, wherever it is read."""
    practice = trail.practice_of(request.user)
    with timezone.override(ZoneInfo(practice.zone)):
        form = SearchForm(request.GET.dict(), practice=practice, today=timezone.localdate())
        return show_log(request, form)


@policy(PRIVACY_OFFICER)
@require_POST
def create_access_search(request: SignedInRequest) -> HttpResponse:
    """Leads to the log at an address that names nobody: addresses are kept in many places."""
    practice = trail.practice_of(request.user)
    with timezone.override(ZoneInfo(practice.zone)):
        form = SearchForm(request.POST.dict(), practice=practice, today=timezone.localdate())
        if form.is_valid():
            return redirect(f"{reverse('accounts:access_log')}?{form.query()}")
        return show_log(request, form)


@policy(PRIVACY_OFFICER)
@require_http_methods(["GET", "POST"])
@stepped_up
def access_export(request: SignedInRequest) -> HttpResponse:
    """A copy of what a search finds. The address carries the search, in numbers, so that it is not
    lost while the officer proves who she is."""
    practice = trail.practice_of(request.user)
    with timezone.override(ZoneInfo(practice.zone)):
        asked, today = request.GET.dict() | request.POST.dict(), timezone.localdate()
        if request.method == "GET":
            return show_export(request, SearchForm(asked, practice=practice, today=today))
        form = ExportForm(asked, practice=practice, today=today)
        if not form.is_valid():
            return show_log(request, form)
        kind = trail_export.Kind(form.cleaned_data["kind"])
        try:
            copy = trail_export.export(form.search(), kind, by=request.user, now=timezone.now())
        except trail_export.TooMany:
            form.add_error("from_day", _("This is too much for one file. Choose fewer days."))
            return show_log(request, form)
    headers = {"Content-Disposition": f'attachment; filename="{copy.name}"'}
    return HttpResponse(copy.body, content_type=copy.content_type, headers=headers)


def show_export(request: SignedInRequest, form: SearchForm) -> HttpResponse:
    if not form.is_valid():
        return show_log(request, form)
    search = form.search()
    context = {"search": search, "query": form.query(), "count": trail.found(search).count()}
    return render(request, "accounts/access_export.html", context)


def show_log(request: SignedInRequest, form: SearchForm) -> HttpResponse:
    if not form.is_valid():
        return render(request, "accounts/access_log.html", {"form": form}, status=422)
    search = form.search()
    page = Paginator(trail.found(search), LINES_A_PAGE).get_page(request.GET.get("page"))
    lines = trail.look(list(page), practice=search.practice)
    context = {"form": form, "query": form.query(), "page": page, "lines": lines}
    return render(request, "accounts/access_log.html", context)
