"""What every page's frame needs: the way around for this reader, and the test-money banner."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from telehealth.demo import accounts

Link = tuple[Any, Any]  # address, words

PUBLIC: list[Link] = [(reverse_lazy("appointments:directory"), _("Find a therapist"))]
PATIENT: list[Link] = [
    *PUBLIC,
    (reverse_lazy("home"), _("Home")),
    (reverse_lazy("appointments:list"), _("Visits")),
    (reverse_lazy("messaging:list"), _("Messages")),
]
PROVIDER: list[Link] = [
    (reverse_lazy("home"), _("Today")),
    (reverse_lazy("messaging:list"), _("Messages")),
    (reverse_lazy("care:supervision"), _("Supervision")),
]
BILLING: list[Link] = [
    (reverse_lazy("billing:ledger"), _("Ledger")),
    (reverse_lazy("billing:claims"), _("Claims")),
]
STAFF: list[Link] = [(reverse_lazy("home"), _("Today"))]
BY_ROLE: dict[str, list[Link]] = {
    Membership.Role.BILLING: BILLING,
    Membership.Role.ADMIN: [*STAFF, (reverse_lazy("accounts:care_team"), _("Care teams"))],
    Membership.Role.SUPERVISOR: [*STAFF, (reverse_lazy("care:supervision"), _("Supervision"))],
}


def links_for(user: User) -> list[Link]:
    if hasattr(user, "provider"):
        return PROVIDER
    for role, links in BY_ROLE.items():
        if role in user.roles:
            return links
    return STAFF if user.roles else PATIENT


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    return frame(links_for(user) if isinstance(user, User) else PUBLIC)


def frame(nav: list[Link]) -> dict[str, Any]:
    """What does not depend on who reads but for the way around."""
    return {
        "nav": nav,
        "is_for_patients": nav in (PUBLIC, PATIENT),  # who may have to leave in a hurry
        "is_test_money": settings.STRIPE_SIMULATOR,
        "is_development": settings.DEBUG,
        "demo_sign_ins": accounts.sign_ins,  # called only by the page that lists them
    }
