"""The page on which a patient says how and when she may be reached."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import contact
from accounts.contact_forms import ContactForm
from accounts.http import SignedInRequest
from accounts.models import Patient
from accounts.permissions import PATIENT, policy
from core import text_messages


@policy(PATIENT)
@require_http_methods(["GET", "POST"])
def contact_rules(request: SignedInRequest) -> HttpResponse:
    patient = get_object_or_404(Patient.objects.filter(user=request.user))
    data = request.POST if request.method == "POST" else None
    form = ContactForm(data, rules=contact.rules_of(patient))
    if form.is_valid():
        rules = form.cleaned_data
        contact.save_rules(patient=patient, by=request.user, now=timezone.now(), **rules)
        messages.success(request, _("Saved. It holds for everything that has not left yet."))
        return redirect("accounts:contact_rules")
    context = {"form": form, "patient": patient, "has_texts": text_messages.is_on()}
    status = HTTPStatus.OK if data is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "accounts/contact_rules.html", context, status=status)
