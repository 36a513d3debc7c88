"""What is on the audit trail, in plain words. Every action that code records has some."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership

ACTIONS: dict[str, Any] = {
    "appointment.arrived": _("Arrived for a visit"),
    "appointment.booked": _("Booked a visit"),
    "appointment.cancelled": _("Cancelled a visit"),
    "appointment.fulfilled": _("Noted that a visit took place"),
    "card.saved": _("Put a card on file"),
    "charge.confirmed": _("Confirmed what a visit costs"),
    "consent.signed": _("Signed a consent"),
    "message.sent": _("Sent a message"),
    "note.opened": _("Began a visit's note"),
    "note.read": _("Read a visit's note"),
    "note.saved": _("Wrote on a visit's note"),
    "note.signed": _("Signed a visit's note"),
    "patient.created": _("Created the record"),
    "patient.updated": _("Changed the personal details"),
    "payment.retried": _("Tried a payment again"),
    "thread.read": _("Read messages"),
    "trail.exported": _("Took a copy of who looked at the record"),
    "trail.searched": _("Looked up who looked at the record"),
    "video.admitted": _("Let someone into the visit"),
    "video.checked-in": _("Checked in for a visit"),
    "video.ended": _("Ended a visit"),
    "video.entered": _("Came into the visit's room"),
    "video.knocked": _("Waited to be let in"),
    "video.left": _("Left the visit's room"),
    "video.live": _("A visit began"),
    "video.turned-away": _("Was told that a visit cannot take place"),
}
OTHER = _("Opened or changed something in the record")
ROLES: dict[str, Any] = {
    **dict(Membership.Role.choices),
    "patient": _("Patient"),
    "guardian": _("Parent or guardian"),
}


def action(code: str) -> Any:
    return ACTIONS.get(code, OTHER)


def role(code: str) -> Any:
    return ROLES.get(code, "")
