"""The pages on which hours are kept: by a provider, or for her by the practice."""

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership, Provider
from accounts.permissions import PROVIDER, policy
from appointments import hours_pages, keeping
from appointments.hours_forms import CutForm, DateForm, LeaveForm, ReadingForm, Week
from appointments.keeping import MeetsAnother, Overtaken, WouldLieOutside

DESK = Membership.KEEP_CALENDARS
INVALID, CONFLICT = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT


@policy(PROVIDER, *DESK)
@require_safe
def hours_list(request: SignedInRequest) -> HttpResponse:
    """Whose hours one keeps. Who keeps only her own goes on to them."""
    kept = Provider.objects.kept_by(request.user).select_related("user").order_by("name", "pk")
    if not request.user.roles & set(DESK):
        return redirect("appointments:hours", slug=get_object_or_404(kept).slug)
    return render(request, "appointments/hours_list.html", {"providers": kept})


@policy(PROVIDER, *DESK, finds=Provider.objects.kept_by)
@require_http_methods(["GET", "POST"])
def hours(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = kept(request, slug)
    if request.method == "GET":
        return render(request, "appointments/hours.html", hours_pages.week_page(provider))
    week, cut = Week(request.POST, prefix="week"), CutForm(request.POST)
    if not (week.is_valid() & cut.is_valid()):
        return again(request, "hours", hours_pages.week_page(provider, week=week, cut=cut), INVALID)
    return answered(
        request,
        "hours",
        lambda: keeping.keep_week(
            provider=provider, rules=week.rules(), cut=cut.cleaned_data, **said(request)
        ),
        lambda **news: hours_pages.week_page(kept(request, slug), week=week, cut=cut, **news),
    )


@policy(PROVIDER, *DESK, finds=Provider.objects.kept_by)
@require_http_methods(["GET", "POST"])
def hours_dates(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = kept(request, slug)
    today = hours_pages.today(provider, now=timezone.now())
    if request.method == "GET":
        page = hours_pages.dates_page(provider, DateForm(today=today), today=today)
        return render(request, "appointments/hours_dates.html", page)
    form = DateForm(request.POST, today=today)
    if not form.is_valid():
        page = hours_pages.dates_page(provider, form, today=today)
        return again(request, "hours_dates", page, INVALID)
    return answered(
        request,
        "hours_dates",
        lambda: keeping.change_date(provider=provider, stated=form.stated(), **said(request)),
        lambda **news: hours_pages.dates_page(kept(request, slug), form, today=today, **news),
    )


@policy(PROVIDER, *DESK, finds=Provider.objects.kept_by)
@require_POST
def create_date_end(request: SignedInRequest, slug: str, on: date) -> HttpResponse:
    provider = kept(request, slug)
    today = hours_pages.today(provider, now=timezone.now())
    if not provider.availability_exceptions.filter(on=on).exists():  # in another window
        return redirect("appointments:hours_dates", slug=slug)
    return answered(
        request,
        "hours_dates",
        lambda: keeping.restore_date(provider=provider, on=on, **said(request)),
        lambda **news: hours_pages.dates_page(
            kept(request, slug), DateForm(today=today), today=today, restoring=on, **news
        ),
    )


@policy(PROVIDER, *DESK, finds=Provider.objects.kept_by)
@require_http_methods(["GET", "POST"])
def leave(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = kept(request, slug)
    today = hours_pages.today(provider, now=timezone.now())
    if request.method == "GET":
        page = hours_pages.leave_page(provider, LeaveForm(today=today), today=today)
        return render(request, "appointments/leave.html", page)
    form = LeaveForm(request.POST, today=today)
    if not form.is_valid():
        page = hours_pages.leave_page(provider, form, today=today)
        return again(request, "leave", page, INVALID)
    return answered(
        request,
        "leave",
        lambda: keeping.take_leave(provider=provider, **form.cleaned_data, **said(request)),
        lambda **news: hours_pages.leave_page(kept(request, slug), form, today=today, **news),
    )


@policy(PROVIDER, *DESK, finds=Provider.objects.kept_by)
@require_POST
def create_leave_end(request: SignedInRequest, slug: str, first_on: date) -> HttpResponse:
    provider = kept(request, slug)
    today = hours_pages.today(provider, now=timezone.now())
    ended = provider.leaves.filter(first_on=first_on).first()
    if ended is None:  # in another window
        return redirect("appointments:leave", slug=slug)
    return answered(
        request,
        "leave",
        lambda: keeping.end_leave(provider=provider, leave=ended, **said(request)),
        lambda **news: hours_pages.leave_page(
            kept(request, slug), LeaveForm(today=today), today=today, **news
        ),
    )


def kept(request: SignedInRequest, slug: str) -> Provider:
    return get_object_or_404(Provider.objects.kept_by(request.user), slug=slug)


def said(request: SignedInRequest) -> dict[str, Any]:
    """Who asks, when, and what she had read."""
    read = ReadingForm(request.POST).read()
    return {"read": read, "by": request.user, "now": timezone.now()}


def answered(
    request: SignedInRequest, name: str, deed: Callable[[], None], page: Callable[..., Any]
) -> HttpResponse:
    """Do it and go on, or show the page again with what was typed and what stands against it."""
    try:
        deed()
    except Overtaken:
        return again(request, name, page(is_overtaken=True), CONFLICT)
    except WouldLieOutside as found:
        return again(request, name, page(outside=found.visits), CONFLICT)
    except MeetsAnother:
        return again(request, name, page(meets_another=True), INVALID)
    messages.success(request, _("Saved. What people are offered has changed with it."))
    assert request.resolver_match  # a request that has come here has one
    return redirect(f"appointments:{name}", slug=request.resolver_match.kwargs["slug"])


def again(
    request: SignedInRequest, name: str, page: dict[str, Any], status: HTTPStatus
) -> HttpResponse:
    return render(request, f"appointments/{name}.html", page, status=status)
