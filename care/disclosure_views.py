"""To whom something of a record went: a patient's own list, and the practice's register."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import Membership, Patient
from accounts.permissions import PATIENT, policy, practice_of
from care import disclosing
from care.disclosure_forms import DisclosureForm
from care.models import Disclosure

KEEPERS = (Membership.Role.PRIVACY_OFFICER, Membership.Role.ADMIN)
LINES_A_PAGE = 25


@policy(PATIENT)
@require_safe
def disclosure_list(request: SignedInRequest) -> HttpResponse:
    patient = get_object_or_404(Patient, user=request.user)
    own = Disclosure.objects.of_patient(request.user).accounted(now=timezone.now())
    page = Paginator(own, LINES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "care/disclosure_list.html", {"page": page, "patient": patient})


@policy(*KEEPERS)
@require_http_methods(["GET", "POST"])
def disclosure_register(request: SignedInRequest) -> HttpResponse:
    practice = practice_of(request.user, *KEEPERS)
    data = request.POST if request.method == "POST" else None
    with timezone.override(ZoneInfo(practice.zone)):
        form = DisclosureForm(data, practice=practice, today=timezone.localdate())
        if form.is_valid():
            enter(form, by=request)
            messages.success(request, _("Entered. The patient sees it in her list."))
            return redirect("care:disclosure_register")
        kept = Disclosure.objects.kept_by(request.user).select_related("patient")
        lines = kept.order_by("-disclosed_at", "-pk")
        page = Paginator(lines, LINES_A_PAGE).get_page(request.GET.get("page"))
        status = 422 if request.method == "POST" else 200
        context = {"form": form, "page": page}
        return render(request, "care/disclosure_register.html", context, status=status)


def enter(form: DisclosureForm, *, by: SignedInRequest) -> None:
    told = form.cleaned_data
    disclosing.enter(
        patient=told["patient"],
        recipient=told["recipient"],
        what=told["what"],
        purpose=told["purpose"],
        disclosed_at=told["disclosed_on"],
        by=by.user,
        now=timezone.now(),
        disclosure_id=told["disclosure_id"],
    )
