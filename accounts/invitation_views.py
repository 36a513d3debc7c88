"""From the letter with an invitation to the first day of work."""

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import invitations
from accounts.models import Invitation, User

KEY = "invitation"


@login_not_required
@require_safe
def invitation_link(request: HttpRequest, token: str) -> HttpResponse:
    """The address in the letter. The token goes into the session, and out of the address."""
    offer = invitations.find(token=token, now=timezone.now())
    if offer is None:
        return render(request, "accounts/invitation_gone.html", status=404)
    request.session[KEY] = offer.pk
    return redirect("accounts:invitation")


@login_not_required
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    offer = kept(request)
    if offer is None:
        return render(request, "accounts/invitation_gone.html", status=404)
    if request.method == "POST" and isinstance(request.user, User):
        return accept(request, offer, request.user)
    return show(request, offer)


def kept(request: HttpRequest) -> Invitation | None:
    offer_id = request.session.get(KEY)
    return offer_id and invitations.find_open(invitation_id=offer_id, now=timezone.now())


def show(request: HttpRequest, offer: Invitation, *, status: int = 200) -> HttpResponse:
    user = request.user if isinstance(request.user, User) else None
    context = {
        "offer": offer,
        "is_for_me": user is not None and user.email.lower() == offer.email.lower(),
        "is_patient": user is not None and hasattr(user, "patient"),
    }
    return render(request, "accounts/invitation.html", context, status=status)


def accept(request: HttpRequest, offer: Invitation, user: User) -> HttpResponse:
    try:
        invitations.accept(invitation=offer, by=user, now=timezone.now())
    except invitations.NotOpen:
        return render(request, "accounts/invitation_gone.html", status=409)
    except (invitations.ForAnother, invitations.IsPatient):
        return show(request, offer, status=409)
    update_session_auth_hash(request, user)  # this session alone goes on
    del request.session[KEY]
    return redirect("home")
