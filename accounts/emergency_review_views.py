"""The privacy officer's list of emergency accesses, each of which is judged by somebody."""

from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import emergency
from accounts.emergency_review_forms import ReviewForm
from accounts.http import SignedInRequest
from accounts.models import EmergencyAccess, Membership
from accounts.permissions import policy

PRIVACY_OFFICER = Membership.Role.PRIVACY_OFFICER
ROWS_A_PAGE = 25


@policy(PRIVACY_OFFICER)
@require_safe
def emergency_reviews(request: SignedInRequest) -> HttpResponse:
    """What waits, oldest first; beneath it what was judged, newest first."""
    watched = EmergencyAccess.objects.watched_by(request.user).with_people()
    judged = watched.exclude(reviewed_at=None).order_by("-reviewed_at", "-pk")
    context = {
        "waiting": watched.to_review(),
        "page": Paginator(judged, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "now": timezone.now(),
    }
    return render(request, "accounts/emergency_reviews.html", context)


@policy(PRIVACY_OFFICER, finds=EmergencyAccess.objects.watched_by)
@require_http_methods(["GET", "POST"])
def emergency_review(request: SignedInRequest, access_id: UUID) -> HttpResponse:
    watched = EmergencyAccess.objects.watched_by(request.user).with_people()
    access = get_object_or_404(watched, pk=access_id)
    if request.method == "GET":
        return show(request, access, ReviewForm())
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return show(request, access, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if status := refused(request, access, form):
        return show(request, access, form, status=status)
    messages.success(request, _("Your review is kept."))
    return redirect("accounts:emergency_reviews")


def refused(request: SignedInRequest, access: EmergencyAccess, form: ReviewForm) -> int:
    """Keep the review; or say on the form why not, and return the status for that."""
    try:
        emergency.review(access=access, by=request.user, now=timezone.now(), **form.cleaned_data)
    except emergency.NoRemark:
        form.add_error("remark", _("Write what was wrong, and what follows from it."))
        return HTTPStatus.UNPROCESSABLE_ENTITY
    except emergency.Own:
        form.add_error(None, _("This access is your own. Somebody else has to review it."))
    except emergency.GoesOn:
        form.add_error(None, _("This access has not ended yet. Review it when it is over."))
    except emergency.ReviewedAlready:
        form.add_error(None, _("Somebody has reviewed this access already. That stays."))
    else:
        return 0
    return HTTPStatus.CONFLICT


def show(
    request: SignedInRequest, access: EmergencyAccess, form: ReviewForm, *, status: int = 200
) -> HttpResponse:
    """With the day in the practice's calendar, which is how the access log is searched."""
    now, zone = timezone.now(), ZoneInfo(access.patient.practice.zone)
    context = {
        "access": access,
        "form": form,
        "day": access.starts_at.astimezone(zone).date(),
        "is_over": access.is_over(now),
        "is_own": access.person_id == request.user.pk,
    }
    return render(request, "accounts/emergency_review.html", context, status=status)
