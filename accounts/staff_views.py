"""The admin's page of staff: who works here, who is invited, and the end of both."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import invitations, roster, staffing
from accounts.http import SignedInRequest
from accounts.models import Invitation, Membership
from accounts.permissions import policy
from accounts.staff_forms import InvitationForm
from accounts.step_up import stepped_up

ADMIN = Membership.Role.ADMIN


@policy(ADMIN)
@require_safe
def staff(request: SignedInRequest) -> HttpResponse:
    return page(request)


def page(
    request: SignedInRequest, *, problem: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    offers = Invitation.objects.visible_to(request.user).open(at=timezone.now())
    context = {
        "members": roster.members(request.user),
        "offers": offers.select_related("invited_by").order_by("email"),
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
        return render(request, "accounts/closing.html", {"member": user, "membership": membership})
    if request.POST.get("deed") == "open":  # what the page offered, whatever is true by now
        staffing.reactivate(user=user, by=request.user, now=timezone.now())
        return redirect("accounts:staff")
    who = {"user": user, "practice": membership.practice}
    try:
        staffing.deactivate(by=request.user, now=timezone.now(), **who)
    except staffing.LastAdmin:
        return page(request, problem=last_admin(), status=HTTPStatus.CONFLICT)
    messages.success(request, _("The account is closed. It was signed out everywhere."))
    return redirect("accounts:staff")


@policy(ADMIN, finds=Membership.objects.visible_to)
@require_http_methods(["GET", "POST"])
@stepped_up
def role_removal(request: SignedInRequest, member_id: int) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.visible_to(request.user), id=member_id)
    if request.method == "GET":
        return render(request, "accounts/role_removal.html", {"membership": membership})
    try:
        staffing.take_role(membership=membership, by=request.user, now=timezone.now())
    except staffing.LastAdmin:
        return page(request, problem=last_admin(), status=HTTPStatus.CONFLICT)
    except staffing.LastRole:
        return page(request, problem=last_role(), status=HTTPStatus.CONFLICT)
    messages.success(request, _("The role is taken away. The account was signed out everywhere."))
    return redirect("accounts:staff")


def last_admin() -> str:
    return _("This is the only admin of the practice. Invite another one first.")


def last_role() -> str:
    return _("This is the only role of this person. To end the work here, close the account.")
