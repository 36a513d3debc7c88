"""A provider's calendar, and the front desk's board of a day."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership, Provider
from accounts.permissions import PROVIDER, policy, practice_of
from core import zones
from telehealth import front_desk, provider_calendar
from telehealth.hours_words import ONE_DAY
from telehealth.provider_calendar import WEEK, monday, month_around

DESK = Membership.KEEP_CALENDARS
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


@policy(PROVIDER)
@require_safe
def calendar_day(request: SignedInRequest) -> HttpResponse:
    provider, on = whose(request), day_asked(request)
    context = {"day": provider_calendar.day_of(provider, on, now=timezone.now())}
    return show(request, "_calendar_day.html", on, context, step=ONE_DAY, words=zones.wall_date(on))


@policy(PROVIDER)
@require_safe
def calendar_week(request: SignedInRequest) -> HttpResponse:
    provider, on = whose(request), day_asked(request)
    context = {"week": provider_calendar.week_of(provider, on, now=timezone.now())}
    words = _("Week of %(day)s") % {"day": zones.long_date(monday(on))}
    return show(request, "_calendar_week.html", on, context, step=WEEK, words=words)


@policy(PROVIDER)
@require_safe
def calendar_month(request: SignedInRequest) -> HttpResponse:
    provider, on = whose(request), day_asked(request)
    first, last = month_around(on)
    context = {
        "month": provider_calendar.month_of(provider, on, now=timezone.now()),
        "earlier": first - ONE_DAY,
        "later": last + ONE_DAY,
    }
    return show(request, "_calendar_month.html", on, context, step=WEEK, words=zones.month(on))


@policy(*DESK)
@require_safe
def board(request: SignedInRequest) -> HttpResponse:
    on = day_asked(request)
    practice = practice_of(request.user, *DESK)
    context = {
        "practice": practice,
        "columns": front_desk.board_of(practice, on=on, now=timezone.now()),
    }
    return show(
        request,
        "_board.html",
        on,
        context,
        step=ONE_DAY,
        words=zones.wall_date(on),
        whole="board.html",
    )


def whose(request: SignedInRequest) -> Provider:
    return get_object_or_404(Provider.objects.filter(user=request.user).select_related("user"))


def day_asked(request: SignedInRequest) -> date:
    """The day that the address names, or today where the reader is.

    :raises Http404: if it is no day of the calendar
    """
    asked = request.GET.get("on")
    if not asked:
        return timezone.localdate()
    try:
        day = date.fromisoformat(asked)
    except ValueError as error:
        raise Http404 from error
    if not EARLIEST <= day <= LATEST:
        raise Http404
    return day


def show(
    request: SignedInRequest,
    part: str,
    on: date,
    context: dict[str, Any],
    *,
    step: timedelta,
    words: str,
    whole: str = "calendar.html",
) -> HttpResponse:
    """The whole page, or what of it changes while it is open."""
    shown = part if request.headers.get("HX-Request") else whole
    around = {"part": part, "view": part.removeprefix("_"), "on": on, "words": words}
    around |= {"today": timezone.localdate(), "earlier": on - step, "later": on + step}
    return render(request, shown, around | context)
