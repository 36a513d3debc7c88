"""The admin's page of staff: who works here, who is invited, and the end of both."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import invitations, roster, staffing, ties
from accounts.http import SignedInRequest
from accounts.models import Invitation, Membership
from accounts.permissions import policy
from accounts.staff_forms import InvitationForm
from accounts.step_up import stepped_up

ADMIN = Membership.Role.ADMIN
LAST: dict[type[Exception], Any] = {  # lazy
    staffing.LastAdmin: _l("This is the only admin of the practice. Invite another one first."),
    staffing.LastPrivacyOfficer: _l(
        "This is the only privacy officer of the practice. Invite another one first."
    ),
    staffing.LastRole: _l(
        "This is the only role of this person. To end the work here, close the account."
    ),
}


@policy(ADMIN)
@require_safe
def staff(request: SignedInRequest) -> HttpResponse:
    return page(request)


def page(
    request: SignedInRequest, *, problem: Any = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    offers = Invitation.objects.visible_to(request.user).open(at=timezone.now())
    context = {
        "members": roster.members(request.user),
        "offers": sorted(offers.select_related("invited_by"), key=lambda offer: offer.email),
        "problem": problem,
    }
    return render(request, "accounts/staff.html", context, status=status)


@policy(ADMIN)
@require_http_methods(["GET", "POST"])
@stepped_up
def invite(request: SignedInRequest) -> HttpResponse:
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return render(request, "accounts/invite.html", {"form": form})
    if form.is_valid() and is_sent(form, request):
        return redirect("accounts:staff")
    return render(request, "accounts/invite.html", {"form": form}, status=422)


def is_sent(form: InvitationForm, request: SignedInRequest) -> bool:
    practice, offer = roster.practice_of(request.user), form.cleaned_data
    try:
        invitations.invite(practice=practice, by=request.user, now=timezone.now(), **offer)
    except invitations.InvitedAlready:
        form.add_error("email", _("This person is invited to this role already."))
        return False
    messages.success(request, _("The invitation is on its way."))
    return True


@policy(ADMIN, finds=Invitation.objects.visible_to)
@require_POST
def create_withdrawal(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    offer = get_object_or_404(Invitation.objects.visible_to(request.user), id=invitation_id)
    invitations.withdraw(invitation=offer, by=request.user, now=timezone.now())
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("accounts:staff")


@policy(ADMIN, finds=Membership.objects.visible_to)
@require_http_methods(["GET", "POST"])
@stepped_up
def closing(request: SignedInRequest, member_id: int) -> HttpResponse:
    """Close the account of a member, or open it again."""
    membership = get_object_or_404(Membership.objects.visible_to(request.user), id=member_id)
    user = membership.user
    if request.method == "GET":
        return ask_closing(request, membership)
    if request.POST.get("deed") == "open":  # what the page offered, whatever is true by now
        staffing.reactivate(user=user, by=request.user, now=timezone.now())
        return redirect("accounts:staff")
    return close(request, membership)


def ask_closing(
    request: SignedInRequest, membership: Membership, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {"member": membership.user, "membership": membership}
    return render(
        request, "accounts/closing.html", context | hanging(membership, status), status=status
    )


def hanging(membership: Membership, status: int) -> dict[str, Any]:
    """What the page says of the work that would be left, where the deed ends a therapist's."""
    return {
        "ties": ties.of(membership.user, now=timezone.now()),
        "is_refused": status == HTTPStatus.CONFLICT,
    }


def close(request: SignedInRequest, membership: Membership) -> HttpResponse:
    at_once = "at_once" in request.POST
    who: dict[str, Any] = {"user": membership.user, "practice": membership.practice}
    try:
        staffing.deactivate(by=request.user, now=timezone.now(), at_once=at_once, **who)
    except (staffing.LastAdmin, staffing.LastPrivacyOfficer) as last:
        return page(request, problem=LAST[type(last)], status=HTTPStatus.CONFLICT)
    except staffing.StillNeeded:
        return ask_closing(request, membership, status=HTTPStatus.CONFLICT)
    messages.success(request, _("The account is closed. It was signed out everywhere."))
    return redirect("accounts:staff")


@policy(ADMIN, finds=Membership.objects.visible_to)
@require_http_methods(["GET", "POST"])
@stepped_up
def role_removal(request: SignedInRequest, member_id: int) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.visible_to(request.user), id=member_id)
    if request.method == "GET":
        return ask_role_removal(request, membership)
    deed: dict[str, Any] = {"membership": membership, "at_once": "at_once" in request.POST}
    try:
        staffing.take_role(by=request.user, now=timezone.now(), **deed)
    except (staffing.LastAdmin, staffing.LastPrivacyOfficer, staffing.LastRole) as last:
        return page(request, problem=LAST[type(last)], status=HTTPStatus.CONFLICT)
    except staffing.StillNeeded:
        return ask_role_removal(request, membership, status=HTTPStatus.CONFLICT)
    messages.success(request, _("The role is taken away. The account was signed out everywhere."))
    return redirect("accounts:staff")


def ask_role_removal(
    request: SignedInRequest, membership: Membership, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context: dict[str, Any] = {"membership": membership}
    if membership.role == Membership.Role.PROVIDER:
        context |= hanging(membership, status)
    return render(request, "accounts/role_removal.html", context, status=status)
