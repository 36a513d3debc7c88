"""Emergency access: asked for, read by, ended. Each address below it names the access it reads by.

What it opens is here and nowhere else: who the patient is and whom to call, and signed notes. No
`visible_to` knows of it, so what a chart gains stays closed to it until somebody adds it here.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import emergency, limits
from accounts.http import SignedInRequest
from accounts.models import EmergencyAccess, Membership
from accounts.permissions import PROVIDER, policy, practice_of
from accounts.step_up import stepped_up
from care import consents, labels, supervising
from care.emergency_forms import RequestForm
from care.models import ProgressNote
from core import reads

SUPERVISOR = Membership.Role.SUPERVISOR
NOTES_A_PAGE = 25


@policy(PROVIDER, SUPERVISOR)
@require_http_methods(["GET", "POST"])
@stepped_up
def emergency_access(request: SignedInRequest) -> HttpResponse:
    """The search is the request: who finds somebody has opened her record, in plain sight."""
    if request.method == "GET":
        return show(request, RequestForm())
    form = RequestForm(request.POST)
    if not form.is_valid():
        return show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return limits.refusal(request, "emergency") or open_access(request, form)


def open_access(request: SignedInRequest, form: RequestForm) -> HttpResponse:
    practice = practice_of(request.user, PROVIDER, SUPERVISOR)
    asker: dict[str, Any] = {"by": request.user, "now": timezone.now()}
    try:
        patient = emergency.find(practice=practice, **form.who(), **asker)
        access = emergency.open_access(patient=patient, **form.why(), **asker)
    except emergency.NotFound:
        form.add_error(None, not_found())
        return show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except emergency.Several:
        form.add_error(None, several() % {"phone": practice.phone})
        return show(request, form, status=HTTPStatus.CONFLICT)
    except emergency.OtherReason:
        form.add_error(
            None,
            _("You have opened this record already, for another reason. End that access first."),
        )
        return show(request, form, status=HTTPStatus.CONFLICT)
    except emergency.InCare:
        form.add_error(None, _("This patient is in your care. You find the chart under Visits."))
        return show(request, form, status=HTTPStatus.CONFLICT)
    return redirect("care:emergency_chart", access.pk)


def not_found() -> str:
    return _(
        "Nobody in your practice has exactly this name and date of birth. Nothing was opened."
        " Check both; a name may be registered in another spelling."
    )


def several() -> str:
    return _("Two patients share this name and date of birth. Ask the practice, at %(phone)s.")


def show(
    request: SignedInRequest, form: RequestForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    reads.declare(emergency.PURPOSE)  # of an access that is open, the page names the patient
    going_on = EmergencyAccess.objects.open_to(request.user).with_people().order_by("starts_at")
    context = {"form": form, "accesses": going_on}
    return render(request, "care/emergency_access.html", context, status=status)


@policy(PROVIDER, SUPERVISOR, finds=EmergencyAccess.objects.open_to)
@require_safe
def chart(request: SignedInRequest, access_id: UUID) -> HttpResponse:
    access = opened(request, access_id)
    notes = ProgressNote.objects.opened_by(access).newest_first()
    context = {
        "access": access,
        "patient": access.patient,
        "treating": emergency.treating(access),
        "page": Paginator(notes, NOTES_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "care/emergency_chart.html", context)


@policy(PROVIDER, SUPERVISOR, finds=EmergencyAccess.objects.open_to)
@require_safe
def emergency_note(request: SignedInRequest, access_id: UUID, note_id: UUID) -> HttpResponse:
    access = opened(request, access_id)
    note = get_object_or_404(ProgressNote.objects.opened_by(access).newest_first(), pk=note_id)
    supervising.record_reading(
        note=note, by=request.user, now=timezone.now(), purpose=emergency.PURPOSE
    )
    context = {
        "access": access,
        "note": note,
        "appointment": note.encounter.appointment,
        "notice": labels.notice_of(note),
        "consent": consents.permitted_label(note, at=timezone.now()),
    }
    return render(request, "care/emergency_note.html", context)


@policy(PROVIDER, SUPERVISOR, finds=EmergencyAccess.objects.open_to)
@require_POST
def create_emergency_ending(request: SignedInRequest, access_id: UUID) -> HttpResponse:
    try:
        emergency.end(access=opened(request, access_id), by=request.user, now=timezone.now())
    except emergency.Over:
        messages.info(request, _("The emergency access had ended already."))
    else:
        messages.success(request, _("The emergency access has ended. The record is closed."))
    return redirect("home")


def opened(request: SignedInRequest, access_id: UUID) -> EmergencyAccess:
    """The access that is open to the reader; whatever is opened by it is on the trail as that."""
    reads.declare(emergency.PURPOSE)
    mine = EmergencyAccess.objects.open_to(request.user).with_people()
    return get_object_or_404(mine, pk=access_id)
