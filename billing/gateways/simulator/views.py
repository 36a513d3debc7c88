"""The page on which a card is typed: Stripe's with a key, this one without."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from billing.gateways.simulator import cards, setups
from billing.gateways.simulator.forms import TestCardForm
from billing.gateways.simulator.memory import Body, Refused, find


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def checkout(request: SignedInRequest, ref: str) -> HttpResponse:
    session = own_session(request, ref)
    form = TestCardForm(request.POST or None)
    if form.is_valid():
        try:
            return redirect(complete(session, form))
        except cards.CardRefused as refusal:
            form.refuse(refusal.code)
        except setups.PageUsed:
            return show(request, "billing/simulator_used.html", session, status=409)
    context = {"form": form, "cards": cards.CARDS}
    page = "billing/simulator_checkout.html"
    return show(request, page, session, status=422 if form.errors else 200, **context)


def complete(session: Body, form: TestCardForm) -> str:
    data = form.cleaned_data
    return setups.complete_checkout_session(
        session, card=data["number"], expires=data["expires"], now=timezone.now()
    )


def show(
    request: SignedInRequest, template: str, session: Body, *, status: int, **context: Any
) -> HttpResponse:
    return render(request, template, context | {"back": session["cancel_url"]}, status=status)


def own_session(request: SignedInRequest, ref: str) -> Body:
    """Find the page, which nobody but the patient it was opened for may see.

    :raises Http404: also where the simulator is off
    """
    if not settings.STRIPE_SIMULATOR:
        raise Http404
    try:
        session = find("checkout.session", ref)
    except Refused as unknown:
        raise Http404 from unknown
    patient = getattr(request.user, "patient", None)
    if patient is None or session["client_reference_id"] != str(patient.ref):
        raise Http404
    return session
