"""What every page's frame needs: the way around for this reader, and the test-money banner."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts import idle
from accounts.models import Membership, User
from telehealth.demo import accounts

Link = tuple[Any, Any]  # address, words

PUBLIC: list[Link] = [(reverse_lazy("appointments:directory"), _("Find a therapist"))]
KNOWN: list[Link] = [*PUBLIC, (reverse_lazy("home"), _("Home"))]  # somebody, it is not asked who
PATIENT: list[Link] = [
    *KNOWN,
    (reverse_lazy("appointments:list"), _("Visits")),
    (reverse_lazy("messaging:list"), _("Messages")),
]
PROVIDER: list[Link] = [
    (reverse_lazy("home"), _("Today")),
    (reverse_lazy("appointments:list"), _("Visits")),
    (reverse_lazy("messaging:list"), _("Messages")),
    (reverse_lazy("care:supervision"), _("Supervision")),
]
BILLING: list[Link] = [
    (reverse_lazy("billing:ledger"), _("Ledger")),
    (reverse_lazy("billing:claims"), _("Claims")),
]
PRIVACY: list[Link] = [(reverse_lazy("accounts:access_log"), _("Access log"))]
STAFF: list[Link] = [(reverse_lazy("home"), _("Today"))]
ADMIN: list[Link] = [
    *STAFF,
    (reverse_lazy("accounts:care_team"), _("Care teams")),
    (reverse_lazy("accounts:staff"), _("Staff")),
]
BY_ROLE: dict[str, list[Link]] = {
    Membership.Role.BILLING: BILLING,
    Membership.Role.ADMIN: ADMIN,
    Membership.Role.SUPERVISOR: [*STAFF, (reverse_lazy("care:supervision"), _("Supervision"))],
}


def links_for(user: User) -> list[Link]:
    if hasattr(user, "provider"):
        return PROVIDER
    keeps_watch = Membership.Role.PRIVACY_OFFICER in user.roles
    if user.roles == {Membership.Role.PRIVACY_OFFICER}:
        return PRIVACY
    return [*work_of(user.roles), *PRIVACY] if keeps_watch else work_of(user.roles)


def work_of(roles: frozenset[str]) -> list[Link]:
    for role, links in BY_ROLE.items():
        if role in roles:
            return links
    return STAFF if roles else PATIENT


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or hasattr(request, "by_link"):
        return frame(PUBLIC)
    left = idle.seconds_left(request.session, now=idle.clock())
    return frame(links_for(user)) | {"seconds_left": left}


def frame(nav: list[Link]) -> dict[str, Any]:
    """What does not depend on who reads but for the way around."""
    return {
        "nav": nav,
        "is_for_patients": nav in (PUBLIC, KNOWN, PATIENT),  # who may have to leave in a hurry
        "is_test_money": settings.STRIPE_SIMULATOR,
        "is_development": settings.DEBUG,
        "demo_sign_ins": accounts.sign_ins,  # called only by the page that lists them
    }
