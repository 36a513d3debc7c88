"""The page on which a therapist says who she is, until the practice has checked it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import profiles
from accounts.http import SignedInRequest
from accounts.models import Provider
from accounts.permissions import PROVIDER, policy
from accounts.profile_forms import ProfileForm


@policy(PROVIDER)
@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    own = get_object_or_404(Provider.objects.filter(user=request.user).select_related("practice"))
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=own)
    if request.method == "GET":
        return show(request, own, form)
    if not form.is_valid():
        return show(request, own, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        profiles.write(provider=own, by=request.user, now=timezone.now(), **form.cleaned_data)
    except profiles.Verified:
        return show(request, own, form, status=HTTPStatus.CONFLICT)
    messages.success(request, _("Your profile is kept."))
    return redirect("home")


def show(
    request: SignedInRequest, own: Provider, form: ProfileForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {"form": form, "practice": own.practice, "is_verified": own.verified_on is not None}
    return render(request, "accounts/profile.html", context, status=status)
