"""Cards, charges, receipts, the books, and the card network's events."""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.following import following
from accounts.http import SignedInRequest
from accounts.models import Membership, Patient
from accounts.permissions import PATIENT, PROVIDER, PUBLIC, policy, practice_of
from billing import books, cards, charges, claims, gateways, onward, payments, webhooks
from billing.coding import CPT_WORDS, MODIFIER_WORDS, MOST, PLACE_WORDS
from billing.forms import LedgerFilter
from billing.models import Charge
from billing.standing import rows, standing_of

ENTRIES_A_PAGE = 25
RECEIPTS_A_PAGE = 20


@policy(PATIENT)
@require_http_methods(["GET", "POST"])
def card(request: SignedInRequest) -> HttpResponse:
    patient = get_object_or_404(Patient, user=request.user)
    leads_to = following(request, otherwise="home")
    if request.method != "POST":
        return show_card(request, patient, leads_to)
    back = request.build_absolute_uri(address("billing:card_return", next=leads_to))
    try:
        page = cards.begin_setup(patient=patient, return_url=back, now=timezone.now())
    except gateways.NoGateway:
        return show_card(request, patient, leads_to, status=503)
    return redirect(page)


def show_card(
    request: SignedInRequest, patient: Patient, leads_to: str, *, status: int = 200
) -> HttpResponse:
    context = {
        "card": cards.in_use(patient),
        "next": leads_to,
        "fee_cents": onward.fee_cents_of(leads_to),
        "owed": onward.owed_at(leads_to, by=request.user),
        "practice": patient.practice,
        "is_closed": status != HTTPStatus.OK,
    }
    return render(request, "billing/card.html", context, status=status)


@policy(PATIENT)
@require_safe
def card_return(request: SignedInRequest) -> HttpResponse:
    """Where the card network sends the browser back to: with a card, or without."""
    patient = get_object_or_404(Patient, user=request.user)
    leads_to = following(request, otherwise="home")
    try:
        cards.finish_setup(
            patient=patient,
            setup_ref=request.GET.get("setup", ""),
            by=request.user,
            now=timezone.now(),
        )
    except gateways.CardNotSaved:
        messages.info(request, _("No card was added, and none was charged."))
        return redirect(address("billing:card", next=leads_to))
    except cards.SomebodyElses as stranger:
        raise Http404 from stranger
    except gateways.NoGateway:
        return show_card(request, patient, leads_to, status=503)
    if onward.owed_at(leads_to, by=request.user):
        messages.info(request, _("Your card is on file. Pay with it here when you are ready."))
    else:
        messages.info(request, _("Your card is on file. Nothing has been charged."))
    return HttpResponseRedirect(leads_to)


@policy(PROVIDER, finds=Charge.objects.of_provider)
@require_safe
def charge(request: SignedInRequest, charge_id: UUID) -> HttpResponse:
    found = get_object_or_404(Charge.objects.of_provider(request.user).with_visit(), pk=charge_id)
    context = {
        "charge": found,
        "standing": standing_of(found),
        "cpt_words": CPT_WORDS[found.cpt],
        "is_cut_off": found.minutes >= MOST,
        "place_words": PLACE_WORDS[found.place_of_service],
        "modifier_words": MODIFIER_WORDS[found.modifier],
    }
    return render(request, "billing/charge.html", context)


@policy(PROVIDER, finds=Charge.objects.of_provider)
@require_POST
def create_confirmation(request: SignedInRequest, charge_id: UUID) -> HttpResponse:
    found = get_object_or_404(Charge.objects.of_provider(request.user), pk=charge_id)
    charges.confirm(charge=found, by=request.user, now=timezone.now())
    return redirect("billing:charge", charge_id)


@policy(PATIENT, finds=Charge.objects.of_patient)
@require_safe
def receipt(request: SignedInRequest, charge_id: UUID) -> HttpResponse:
    found = get_object_or_404(Charge.objects.of_patient(request.user).with_visit(), pk=charge_id)
    context = {"charge": found, "standing": standing_of(found)}
    return render(request, "billing/receipt.html", context)


@policy(PATIENT)
@require_safe
def receipt_list(request: SignedInRequest) -> HttpResponse:
    pages = Paginator(Charge.objects.of_patient(request.user).newest_first(), RECEIPTS_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "billing/receipt_list.html", {"page": page, "rows": rows(page)})


@policy(PATIENT, finds=Charge.objects.of_patient)
@require_POST
def create_payment(request: SignedInRequest, charge_id: UUID) -> HttpResponse:
    found = get_object_or_404(Charge.objects.of_patient(request.user), pk=charge_id)
    here = reverse("billing:receipt", args=[charge_id])
    try:
        payments.retry(charge=found, by=request.user, now=timezone.now())
    except payments.NoCard:
        return redirect(address("billing:card", next=here))
    except payments.NothingOwed:
        return render(request, "billing/nothing_owed.html", {"charge": found}, status=409)
    return redirect(here)


@policy(Membership.Role.BILLING)
@require_safe
def ledger(request: SignedInRequest) -> HttpResponse:
    """The books keep the practice's calendar, wherever they are read."""
    form = LedgerFilter(request.GET)
    day = form.cleaned_data["day"] if form.is_valid() else None
    practice = practice_of(request.user, Membership.Role.BILLING)
    pages = Paginator(books.entries(practice, day=day), ENTRIES_A_PAGE)
    context = {
        "form": form,
        "day": day,
        "page": pages.get_page(request.GET.get("page")),
        "totals": books.totals(practice, day=day),
        "owed_cents": books.owed_cents(practice),
        "pending_payouts": books.pending_payouts(practice),
    }
    with timezone.override(ZoneInfo(practice.zone)):
        return render(request, "billing/ledger.html", context, status=422 if form.errors else 200)


@policy(Membership.Role.BILLING)
@require_safe
def claims_list(request: SignedInRequest) -> HttpResponse:
    practice = practice_of(request.user, Membership.Role.BILLING)
    pages = Paginator(claims.of_practice(practice), ENTRIES_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    lines = [claims.line(charge) for charge in page]
    context = {"page": page, "lines": lines, "practice": practice}
    with timezone.override(ZoneInfo(practice.zone)):
        return render(request, "billing/claims.html", context)


@policy(PUBLIC)
@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    signature = request.headers.get("Stripe-Signature", "")
    try:
        webhooks.receive(body=request.body, signature=signature, now=timezone.now())
    except webhooks.NoSecret:
        return HttpResponse(status=503)
    except gateways.Forged:
        return HttpResponse(status=400)
    return HttpResponse(status=200)


def address(name: str, **query: str) -> str:
    return f"{reverse(name)}?{urlencode(query)}"
