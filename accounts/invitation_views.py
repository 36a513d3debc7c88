"""From the letter with an invitation to the first day of work."""

from http import HTTPStatus

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import invitations
from accounts.letter_links import LetterLinkForm
from accounts.models import Invitation, User
from accounts.permissions import PUBLIC, policy

KEY = "invitation"


@policy(PUBLIC)
@require_http_methods(["GET", "POST"])
def invitation_link(request: HttpRequest) -> HttpResponse:
    """The address in the letter. Its token is posted, and stays in no log and no history."""
    if request.method != "POST":
        return ask_for_link(request, LetterLinkForm(), status=HTTPStatus.OK)
    form = LetterLinkForm(request.POST)
    if not form.is_valid():
        return ask_for_link(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    offer = invitations.find(now=timezone.now(), **form.cleaned_data)
    if offer is None:
        return render(request, "accounts/invitation_gone.html", status=404)
    request.session[KEY] = offer.pk
    return redirect("accounts:invitation")


def ask_for_link(request: HttpRequest, form: LetterLinkForm, *, status: int) -> HttpResponse:
    return render(request, "accounts/invitation_link.html", {"form": form}, status=status)


@policy(PUBLIC)
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
