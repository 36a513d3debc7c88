"""How far one is on the way from a held time to a visit."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.holders import known_holder
from appointments.models import Appointment

WORDS = [_("Time"), _("Account"), _("About you"), _("Consent"), _("Card"), _("Confirm")]
HERE = {
    "account_signup": 2,
    "account_login": 2,
    "account_email_verification_sent": 2,
    "accounts:about_you": 3,
    "care:consents": 4,
    "billing:card": 5,
    "booking_review": 6,
}


@dataclass(frozen=True)
class Step:
    number: int
    words: Any  # lazy
    is_here: bool
    is_done: bool


@dataclass(frozen=True)
class Way:
    steps: list[Step]
    visit: Appointment  # the one that is held, or was until a moment ago
    is_held: bool  # still


def way(request: HttpRequest) -> dict[str, Way]:
    """A context processor: pages on the way show the steps to a visitor who holds a time.

    The pages belong to floors below, which know nothing of the way; so the frame shows it.
    """
    match = request.resolver_match
    here = HERE.get(match.view_name) if match else None
    if here is None or not (holder := known_holder(request)):
        return {}
    held = Appointment.objects.held_by(holder).select_related("provider").first()
    if held is None or held.held_until is None:
        return {}
    is_held = held.held_until > timezone.now()
    if here == len(WORDS) and not is_held:
        return {}  # the page itself says so, and offers the time again
    steps = [Step(n, words, n == here, n < here) for n, words in enumerate(WORDS, start=1)]
    return {"way": Way(steps, held, is_held)}
