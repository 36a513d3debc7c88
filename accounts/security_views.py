"""The page of security settings: how one signs in, and where one is signed in."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import devices, factors, passkey_rule
from accounts.http import SignedInRequest
from accounts.permissions import SIGNED_IN, policy
from accounts.wall import before_factor


@policy(SIGNED_IN)
@before_factor
@require_safe
def security(request: SignedInRequest) -> HttpResponse:
    rows = list(Authenticator.objects.filter(user=request.user).order_by("pk"))
    codes = [row for row in rows if row.type == factors.Type.RECOVERY_CODES]
    context = {
        "app": next((row for row in rows if row.type == factors.Type.TOTP), None),
        "passkeys": [row for row in rows if row.type == factors.Type.WEBAUTHN],
        "has_codes": bool(codes),
        "codes_count": len(codes[0].wrap().get_unused_codes()) if codes else 0,
        "devices": devices.of(request, request.user),
        "works_here": request.user.works_here,
        "passkey_due_at": passkey_rule.due_at(request.user),
    }
    return render(request, "accounts/security.html", context)


@policy(SIGNED_IN)
@before_factor
@require_safe
def second_step(request: SignedInRequest) -> HttpResponse:
    """The first page of staff who has no second factor yet, or too late no passkey."""
    if passkey_rule.is_due(request, request.user, now=timezone.now()):
        return render(request, "accounts/passkey_step.html")
    if factors.has_one(request.user):
        return redirect("accounts:security")
    return render(request, "accounts/second_step.html")


@policy(SIGNED_IN, finds=devices.sessions_of)
@require_POST
def end_device(request: SignedInRequest, device_id: int) -> HttpResponse:
    get_object_or_404(devices.sessions_of(request.user), pk=device_id)
    devices.end(user=request.user, device_id=device_id, now=timezone.now())
    messages.success(request, _("That device is signed out."))
    return redirect("accounts:security")


@policy(SIGNED_IN)
@require_POST
def end_others(request: SignedInRequest) -> HttpResponse:
    here = request.session.session_key
    devices.end_others(user=request.user, here=here, now=timezone.now())
    messages.success(request, _("Every other device is signed out."))
    return redirect("accounts:security")
