"""What a patient tells about herself, or a guardian about a child."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import patients
from accounts.following import following, wanted
from accounts.forms import AboutYouForm
from accounts.http import SignedInRequest
from accounts.joining import practice_for
from accounts.models import Patient, Practice, User
from accounts.permissions import PATIENT, policy


@policy(PATIENT)
@require_http_methods(["GET", "POST"])
def about_you(request: SignedInRequest) -> HttpResponse:
    form = form_for(request)
    context = {"form": form, "next": wanted(request)}
    if request.method != "POST":
        return render(request, "accounts/about_you.html", context)
    if form.is_valid() and saved(form, practice_for(request), by=request.user):
        return HttpResponseRedirect(following(request, otherwise="home"))
    return render(request, "accounts/about_you.html", context, status=422)


def form_for(request: SignedInRequest) -> AboutYouForm:
    """The form on the person's own profile, or with what can be guessed for a new one.

    Staff have no profile here: to be a patient they need an account of their own as one.
    """
    if request.user.memberships.exists():
        raise Http404
    patient = getattr(request.user, "patient", None)
    guesses = {
        "state": request.GET.get("state", ""),
        "zone": timezone.get_current_timezone_name(),
    }
    data = request.POST if request.method == "POST" else None
    return AboutYouForm(data, instance=patient, initial={} if patient else guesses)


def saved(form: AboutYouForm, practice: Practice, *, by: User) -> Patient | None:
    """Keep the profile, or say in the form why not."""
    fields = form.cleaned_data
    try:
        return patients.save_profile(user=by, practice=practice, now=timezone.now(), **fields)
    except patients.NeedsGuardian:
        form.add_error("date_of_birth", younger(practice.phone))
    except patients.IsOfAge:
        form.add_error("date_of_birth", of_age(practice.phone))
    return None


def younger(phone: str) -> str:
    return _(
        "It is good that you are looking for help. Under 18, a parent or guardian creates the"
        " account and answers “A child I am the parent or guardian of” above."
        " Or call us at %(phone)s and we arrange it together."
    ) % {"phone": phone}


def of_age(phone: str) -> str:
    return _(
        "From 18 on, everyone has an account of their own. If this is about you, answer “Me”"
        " above. If it is about someone else, ask them to create an account."
        " Or call us at %(phone)s and we arrange it together."
    ) % {"phone": phone}
