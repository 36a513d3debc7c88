"""Fees for visits that did not take place: looked at, charged, lowered or waived."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership, Patient
from accounts.models.patients import OFFICE
from accounts.permissions import PROVIDER, policy
from appointments.booking import SlotTaken, TooLate
from appointments.models import Appointment, InvalidTransition
from appointments.responses import DESK
from billing import fees
from billing.fee_forms import FeeChargeForm, FeeWaiverForm, NoshowEndForm
from billing.models import FeeProposal

FEES_A_PAGE = 25
INVALID, CONFLICT = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT


@policy(PROVIDER, *OFFICE)
@require_safe
def fee_list(request: SignedInRequest) -> HttpResponse:
    pages = Paginator(FeeProposal.objects.visible_to(request.user).still_open(), FEES_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "billing/fee_list.html", {"page": page})


@policy(PROVIDER, *OFFICE, finds=FeeProposal.objects.visible_to)
@require_safe
def fee(request: SignedInRequest, proposal_id: UUID) -> HttpResponse:
    return show(request, found(request, proposal_id))


@policy(PROVIDER, Membership.Role.BILLING, finds=FeeProposal.objects.answered_by)
@require_POST
def create_fee_charge(request: SignedInRequest, proposal_id: UUID) -> HttpResponse:
    proposal = get_object_or_404(FeeProposal.objects.answered_by(request.user), pk=proposal_id)
    form = FeeChargeForm(request.POST)
    if not form.is_valid():
        return show(request, proposal, charge_form=form, status=INVALID)
    cents = form.cleaned_data["amount_cents"]
    try:
        fees.charge(proposal=proposal, amount_cents=cents, by=request.user, now=timezone.now())
    except fees.TooMuch:
        form.add_error("amount_cents", _("A fee can be lowered, not raised."))
        return show(request, proposal, charge_form=form, status=INVALID)
    except fees.Forbidden as forbidden:
        return show(request, proposal, rule=forbidden.rule, status=CONFLICT)
    except fees.Decided:
        return show(request, proposal, is_late=True, status=CONFLICT)
    messages.success(request, _("The fee is charged. The patient gets a receipt."))
    return redirect("billing:fee", proposal_id)


@policy(PROVIDER, *OFFICE, finds=FeeProposal.objects.visible_to)
@require_POST
def create_fee_waiver(request: SignedInRequest, proposal_id: UUID) -> HttpResponse:
    proposal, form = found(request, proposal_id), FeeWaiverForm(request.POST)
    if not form.is_valid():
        return show(request, proposal, waiver_form=form, status=INVALID)
    try:
        fees.waive(
            proposal=proposal,
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=timezone.now(),
        )
    except fees.Decided:
        return show(request, proposal, is_late=True, status=CONFLICT)
    messages.success(request, _("The fee is waived, and the patient is told so."))
    return redirect("billing:fee", proposal_id)


@policy(PROVIDER, *DESK, finds=Appointment.objects.kept_by)
@require_POST
def create_noshow_end(request: SignedInRequest, appointment_id: UUID) -> HttpResponse:
    """It was not missed after all; and then there is no fee for that."""
    kept = Appointment.objects.kept_by(request.user).select_related("provider")
    visit, form = get_object_or_404(kept, id=appointment_id), NoshowEndForm(request.POST)
    if not form.is_valid():
        context = {"visit": visit, "form": form}
        return render(request, "billing/noshow_end.html", context, status=INVALID)
    try:
        fees.take_back_noshow(
            appointment=visit,
            reason=form.cleaned_data["taken_back"],
            by=request.user,
            now=timezone.now(),
        )
    except (fees.Decided, TooLate, InvalidTransition, SlotTaken) as refusal:
        context = {"visit": visit, "refusal": type(refusal).__name__}
        return render(request, "billing/noshow_stays.html", context, status=CONFLICT)
    messages.success(request, _("Taken back: the visit is booked as before."))
    if visit.provider.user_id == request.user.pk:
        return redirect("appointments:detail", appointment_id=visit.id)
    return redirect("home")


def found(request: SignedInRequest, proposal_id: UUID) -> FeeProposal:
    proposals = FeeProposal.objects.visible_to(request.user)
    related = ("appointment__patient", "appointment__provider", "appointment__cancellation_policy")
    return get_object_or_404(proposals.select_related(*related), pk=proposal_id)


def show(
    request: SignedInRequest,
    proposal: FeeProposal,
    *,
    charge_form: FeeChargeForm | None = None,
    waiver_form: FeeWaiverForm | None = None,
    status: int = HTTPStatus.OK,
    **news: Any,
) -> HttpResponse:
    context = {
        "proposal": proposal,
        "decision": fees.decision_of(proposal),
        "rule": fees.forbidding(proposal),
        "may_charge": FeeProposal.objects.answered_by(request.user).filter(pk=proposal.pk).exists(),
        "may_enter_payer": Patient.objects.kept_by(request.user)
        .filter(appointments=proposal.appointment)
        .exists(),
        "charge_form": charge_form or FeeChargeForm.of(proposal),
        "waiver_form": waiver_form or FeeWaiverForm(),
        **news,
    }
    return render(request, "billing/fee.html", context, status=status)
