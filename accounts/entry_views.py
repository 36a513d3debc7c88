"""The admin's pages of therapists: what the practice enters and checks before people find them."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import entries
from accounts.entry_forms import EntryForm, LicenceEndForm, LicenceForm
from accounts.http import SignedInRequest
from accounts.models import Licence, Membership, Provider
from accounts.permissions import policy

ADMIN = Membership.Role.ADMIN
INVALID, CONFLICT = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT


@policy(ADMIN)
@require_safe
def entry_list(request: SignedInRequest) -> HttpResponse:
    managed = Provider.objects.managed_by(request.user).select_related("user")
    return render(
        request, "accounts/entry_list.html", {"providers": managed.order_by("name", "pk")}
    )


@policy(ADMIN, finds=Provider.objects.managed_by)
@require_http_methods(["GET", "POST"])
def entry(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = managed(request, slug)
    if request.method == "GET":
        return show(request, provider)
    form = EntryForm(request.POST)
    if not form.is_valid():
        return show(request, provider, form=form, status=INVALID)
    entries.enter(provider=provider, by=request.user, now=timezone.now(), **form.cleaned_data)
    return done(request, provider, _("The entry is kept."))


@policy(ADMIN, finds=Provider.objects.managed_by)
@require_POST
def create_licence(request: SignedInRequest, slug: str) -> HttpResponse:
    provider, form = managed(request, slug), LicenceForm(request.POST)
    if not form.is_valid():
        return show(request, provider, licence_form=form, status=INVALID)
    try:
        entries.enter_licence(
            provider=provider, by=request.user, now=timezone.now(), **form.cleaned_data
        )
    except entries.EnteredAlready:
        form.add_error("valid_from", _("This license is entered already, from the same day on."))
        return show(request, provider, licence_form=form, status=CONFLICT)
    return done(request, provider, _("The license is entered. It counts from its first day on."))


@policy(ADMIN, finds=Provider.objects.managed_by)
@require_http_methods(["GET", "POST"])
def licence_ending(request: SignedInRequest, slug: str, licence_id: int) -> HttpResponse:
    provider = managed(request, slug)
    licence = get_object_or_404(provider.licences, pk=licence_id)
    form = LicenceEndForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return show_ending(request, provider, licence, form, status=HTTPStatus.OK)
    if not form.is_valid():
        return show_ending(request, provider, licence, form, status=INVALID)
    try:
        entries.end_licence(
            licence=licence,
            last_on=form.cleaned_data["last_on"],
            by=request.user,
            now=timezone.now(),
        )
    except entries.NotItsDays:
        form.add_error("last_on", _("Choose one of the days on which the license is valid."))
        return show_ending(request, provider, licence, form, status=INVALID)
    return done(request, provider, _("The license ends on the day you chose."))


@policy(ADMIN, finds=Provider.objects.managed_by)
@require_POST
def create_verification(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = managed(request, slug)
    try:
        entries.verify(provider=provider, on=today(provider), by=request.user, now=timezone.now())
    except entries.NotWhole:
        return show(request, provider, is_not_whole=True, status=CONFLICT)
    return done(request, provider, _("Noted: you have checked this entry today."))


@policy(ADMIN, finds=Provider.objects.managed_by)
@require_POST
def create_listing(request: SignedInRequest, slug: str) -> HttpResponse:
    """List her, or take her off the list: what the page offered, whatever is true by now."""
    provider = managed(request, slug)
    by, now = request.user, timezone.now()
    if request.POST.get("deed") == "unlist":
        entries.take_off_list(provider=provider, by=by, now=now)
        return done(request, provider, _("Nobody new finds this therapist now."))
    try:
        entries.put_on_list(provider=provider, on=today(provider), by=by, now=now)
    except entries.NotWhole:
        return show(request, provider, is_not_whole=True, status=CONFLICT)
    return done(request, provider, _("People find this therapist now."))


def managed(request: SignedInRequest, slug: str) -> Provider:
    rows = Provider.objects.managed_by(request.user).select_related("user")
    return get_object_or_404(rows, slug=slug)


def today(provider: Provider) -> Any:
    """A licence is read by the calendar of where she works."""
    return timezone.now().astimezone(provider.zoneinfo).date()


def done(request: SignedInRequest, provider: Provider, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("accounts:entry", slug=provider.slug)


def show(
    request: SignedInRequest,
    provider: Provider,
    *,
    form: EntryForm | None = None,
    licence_form: LicenceForm | None = None,
    is_not_whole: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "provider": provider,
        "form": form or EntryForm.of(provider),
        "licence_form": licence_form or LicenceForm(),
        "licences": provider.licences.order_by("state", "compact", "-valid_until"),
        "missing": entries.missing(provider, on=today(provider)),
        "is_not_whole": is_not_whole,
        "today": today(provider),
    }
    return render(request, "accounts/entry.html", context, status=status)


def show_ending(
    request: SignedInRequest,
    provider: Provider,
    licence: Licence,
    form: LicenceEndForm,
    *,
    status: int,
) -> HttpResponse:
    context = {"provider": provider, "licence": licence, "form": form}
    return render(request, "accounts/licence_ending.html", context, status=status)
