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
FITS = 4  # links in two rows of a phone; more are folded there

PUBLIC: list[Link] = [(reverse_lazy("appointments:directory"), _("Find a therapist"))]
KNOWN: list[Link] = [*PUBLIC, (reverse_lazy("home"), _("Home"))]  # somebody, it is not asked who
PATIENT: list[Link] = [
    *KNOWN,
    (reverse_lazy("appointments:list"), _("Visits")),
    (reverse_lazy("messaging:list"), _("Messages")),
]
WAITLIST: Link = (reverse_lazy("appointments:desk_waitlist"), _("Waitlist"))
HOURS: Link = (reverse_lazy("appointments:hours_list"), _("Hours"))
EMERGENCY: Link = (reverse_lazy("care:emergency_access"), _("Emergency access"))
PROVIDER: list[Link] = [
    (reverse_lazy("home"), _("Today")),
    (reverse_lazy("calendar_week"), _("Calendar")),
    (reverse_lazy("appointments:list"), _("Visits")),
    HOURS,
    WAITLIST,
    (reverse_lazy("messaging:list"), _("Messages")),
    (reverse_lazy("care:own_psychotherapy_notes"), _("Private notes")),
    (reverse_lazy("care:supervision"), _("Supervision")),
    EMERGENCY,
    (reverse_lazy("care:amendment_board"), _("Change requests")),
]
BILLING: list[Link] = [
    (reverse_lazy("billing:ledger"), _("Ledger")),
    (reverse_lazy("billing:claims"), _("Claims")),
    (reverse_lazy("billing:fee_list"), _("Fees")),
]
RIGHTS: list[Link] = [
    (reverse_lazy("care:amendment_board"), _("Change requests")),
    (reverse_lazy("care:disclosure_register"), _("Disclosures")),
]
PRIVACY: list[Link] = [
    (reverse_lazy("accounts:access_log"), _("Access log")),
    (reverse_lazy("accounts:emergency_reviews"), _("Emergency reviews")),
    *RIGHTS,
]
STAFF: list[Link] = [(reverse_lazy("home"), _("Today"))]
DESK: list[Link] = [
    *STAFF,
    (reverse_lazy("board"), _("Board")),
    (reverse_lazy("desk_patients"), _("Patients")),
    HOURS,
    WAITLIST,
    (reverse_lazy("appointments:undelivered_list"), _("Notices")),
]
ADMIN: list[Link] = [
    *DESK,
    (reverse_lazy("accounts:care_team"), _("Care teams")),
    (reverse_lazy("accounts:staff"), _("Staff")),
    (reverse_lazy("accounts:entry_list"), _("Therapists")),
    (reverse_lazy("appointments:cancellation_policies"), _("Cancellation policy")),
    *RIGHTS,
]
BY_ROLE: dict[str, list[Link]] = {
    Membership.Role.BILLING: BILLING,
    Membership.Role.ADMIN: ADMIN,
    Membership.Role.SUPERVISOR: [
        (reverse_lazy("care:supervision"), _("Supervision")),
        EMERGENCY,
    ],
    Membership.Role.PROVIDER: STAFF,
    Membership.Role.FRONT_DESK: DESK,
    Membership.Role.PEER: STAFF,
    Membership.Role.PRIVACY_OFFICER: PRIVACY,
}


def links_for(user: User) -> list[Link]:
    """The way around of all that she does here, each page once; a patient's where it is nothing."""
    works = [PROVIDER] if hasattr(user, "provider") else []
    works += [links for role, links in BY_ROLE.items() if role in user.roles]
    found: list[Link] = []
    for links in works:
        found += [link for link in links if link not in found]
    return found or PATIENT


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
        "is_long": len(nav) > FITS,
        "is_for_patients": nav in (PUBLIC, KNOWN, PATIENT),  # who may have to leave in a hurry
        "is_test_money": settings.STRIPE_SIMULATOR,
        "is_development": settings.DEBUG,
        "demo_sign_ins": accounts.sign_ins,  # called only by the page that lists them
    }
