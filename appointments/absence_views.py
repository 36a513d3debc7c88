"""The front desk's page for a provider who cannot work: all her visits then, in one go."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import contact
from accounts.http import SignedInRequest
from accounts.models import Membership, Provider
from accounts.permissions import policy
from appointments import absence as absences
from appointments import absence_pages, hours_pages
from appointments.absence import Choice, Deed, Result
from appointments.absence_forms import AbsenceForm, SettleForm
from appointments.keeping import WouldLieOutside

DESK = Membership.KEEP_CALENDARS
TIMES = ("on", "starts", "ends")


@policy(*DESK, finds=Provider.objects.kept_by)
@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: SignedInRequest, slug: str) -> HttpResponse:
    """Say when, look over what is proposed, and have it done: one address."""
    provider = get_object_or_404(Provider.objects.kept_by(request.user), slug=slug)
    today = hours_pages.today(provider, now=timezone.now())
    if request.method == "POST":
        return settle(request, SettleForm(request.POST, provider=provider, today=today))
    said = request.GET if "on" in request.GET else None
    form = AbsenceForm(said, provider=provider, today=today)
    return show(request, form, status=HTTPStatus.OK)


def show(
    request: SignedInRequest, form: AbsenceForm, *, status: HTTPStatus, **news: Any
) -> HttpResponse:
    page = absence_pages.page(form, by=request.user, now=timezone.now(), **news)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else status
    return render(request, "appointments/absence.html", page, status=status)


def settle(request: SignedInRequest, form: SettleForm) -> HttpResponse:
    if not form.is_valid():
        return show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    choices = form.cleaned_data["choices"]
    try:
        results = absences.settle(
            absence=form.absence(), choices=choices, by=request.user, now=timezone.now()
        )
    except WouldLieOutside:
        return show(request, form, status=HTTPStatus.CONFLICT, is_overtaken=True)
    if any(one.refusal for one in results):
        return show(request, form, status=HTTPStatus.CONFLICT, results=results)
    messages.success(request, done(choices, results))
    said = {name: request.POST[name] for name in TIMES if request.POST.get(name)}
    address = reverse("appointments:absence", args=[form.provider.slug])
    return HttpResponseRedirect(f"{address}?{urlencode(said)}")


def done(choices: Sequence[Choice], results: Sequence[Result]) -> str:
    """Say who has been told of it, and that some have to be."""
    both = zip(choices, results, strict=True)
    changed = [one.visit for choice, one in both if choice.deed != Deed.KEEP]
    patients = [visit.patient for visit in changed if visit and visit.patient]
    if not patients:
        return _("The absence is entered.")
    if all(map(contact.is_told, patients)):
        return _("Done. The patients are told, in neutral words.")
    return _("Done. Call those who get no notices: they are marked below.")
