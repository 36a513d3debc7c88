"""The practice admin's page: who cares for whom, whom to add, and whose care to open again."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import caring
from accounts.care_team import CareRelationship
from accounts.care_team_forms import AssignForm
from accounts.http import SignedInRequest
from accounts.models import Membership
from accounts.permissions import policy, practice_of
from accounts.step_up import stepped_up

ROWS_A_PAGE = 25


@policy(Membership.Role.ADMIN)
@require_http_methods(["GET", "POST"])
@stepped_up
def care_team(request: SignedInRequest) -> HttpResponse:
    practice = practice_of(request.user, Membership.Role.ADMIN)
    form = AssignForm(request.POST or None, practice=practice, now=timezone.now())
    if form.is_valid():
        assign(form, request)
        messages.success(request, _("Saved. The chart is open to them from now on."))
        return redirect("accounts:care_team")
    status = 422 if request.method == "POST" else 200
    return show(request, form, status=status)


def show(
    request: SignedInRequest, form: AssignForm, *, problem: str = "", status: int
) -> HttpResponse:
    rows = CareRelationship.objects.managed_by(request.user).newest_first()
    context = {
        "form": form,
        "problem": problem,
        "page": Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "now": timezone.now(),
    }
    return render(request, "accounts/care_team.html", context, status=status)


def assign(form: AssignForm, request: SignedInRequest) -> None:
    caring.open_care(
        patient=form.cleaned_data["patient"],
        person=form.cleaned_data["member"].user,
        role=form.cleaned_data["role"],
        until=form.cleaned_data["until"],
        reason=CareRelationship.Reason.ASSIGNED,
        by=request.user,
        now=timezone.now(),
    )


@policy(Membership.Role.ADMIN, finds=CareRelationship.objects.managed_by)
@require_POST
@stepped_up
def create_reopening(request: SignedInRequest, care_id: int) -> HttpResponse:
    ended = get_object_or_404(CareRelationship.objects.managed_by(request.user), pk=care_id)
    try:
        caring.reopen(care=ended, by=request.user, now=timezone.now())
    except caring.GoesOn:
        messages.info(request, _("Nothing was changed: it goes on."))
    except caring.NotOfOnePractice:
        practice = practice_of(request.user, Membership.Role.ADMIN)
        form = AssignForm(None, practice=practice, now=timezone.now())
        return show(request, form, problem=gone(), status=422)
    else:
        messages.success(request, _("The care is open again, from now on."))
    return redirect("accounts:care_team")


def gone() -> str:
    return _("Nothing was changed: this person no longer works here, or the account is closed.")
