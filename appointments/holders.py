"""Who holds a time before there is an account: a visitor, known by a secret in the session."""

import secrets

from django.http import HttpRequest

from accounts import joining
from accounts.models import Practice
from appointments.models import Appointment

KEY = "holder"


def holder_of(request: HttpRequest) -> str:
    """Return the visitor's secret; it is made on first use and survives signing up."""
    if KEY not in request.session:
        request.session[KEY] = secrets.token_urlsafe(24)
    return str(request.session[KEY])


def known_holder(request: HttpRequest) -> str:
    """Return the secret if there is one. Looking around should not start a session."""
    return str(request.session.get(KEY, ""))


@joining.found_by
def practice_of_held(request: HttpRequest) -> Practice | None:
    """The practice of the provider whose time the visitor holds, run out or not."""
    held = Appointment.objects.held_by(known_holder(request))
    return Practice.objects.filter(providers__appointments__in=held).first()
