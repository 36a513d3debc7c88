"""The admin's page of what late cancellations and missed visits may cost."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import Membership, Practice
from accounts.permissions import policy, practice_of
from appointments import entering_policy
from appointments.models import CancellationPolicy
from appointments.policy_forms import CancellationPolicyForm

ADMIN = Membership.Role.ADMIN


@policy(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def cancellation_policies(request: SignedInRequest) -> HttpResponse:
    practice = practice_of(request.user, ADMIN)
    if request.method != "POST":
        return show(request, practice, CancellationPolicyForm())
    form = CancellationPolicyForm(request.POST)
    if not form.is_valid():
        return show(request, practice, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        entering_policy.enter(
            practice=practice, by=request.user, now=timezone.now(), **form.cleaned_data
        )
    except entering_policy.Past:
        form.add_error("valid_from", _("This day is over. Choose today or a later day."))
        return show(request, practice, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("The policy is kept. Visits that are booked keep theirs."))
    return redirect("appointments:cancellation_policies")


def show(
    request: SignedInRequest,
    practice: Practice,
    form: CancellationPolicyForm,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    rules = CancellationPolicy.objects.kept_by(request.user)
    today = entering_policy.today(practice, now=timezone.now())
    context = {
        "form": form,
        "in_force": rules.in_force(practice.pk, on=today),
        "coming": rules.filter(valid_from__gt=today).order_by("valid_from", "pk"),
    }
    return render(request, "appointments/cancellation_policies.html", context, status=status)
