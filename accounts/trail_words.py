"""What is on the audit trail, in plain words. Every action that code records has some."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership

ACTIONS: dict[str, Any] = {
    "account.closed": _("Closed an account of staff"),
    "account.opened": _("Opened an account of staff again"),
    "amendment.accepted": _("Changed the record as the patient asked"),
    "amendment.asked": _("Asked for a change of the record"),
    "amendment.denied": _("Denied a change of the record"),
    "amendment.disagreed": _("Disagreed with a denial"),
    "amendment.extended": _("Took more time to answer about a change"),
    "appointment.arrived": _("Arrived for a visit"),
    "appointment.booked": _("Booked a visit"),
    "appointment.cancelled": _("Cancelled a visit"),
    "appointment.fulfilled": _("Noted that a visit took place"),
    "care.ended": _("Ended the care of a patient"),
    "care.opened": _("Began to care for the patient"),
    "card.saved": _("Put a card on file"),
    "charge.confirmed": _("Confirmed what a visit costs"),
    "consent.signed": _("Signed a consent"),
    "consent.taken-back": _("Took a consent back"),
    "device.ended": _("Signed a device out"),
    "emergency.ended": _("Ended an emergency access early"),
    "emergency.missed": _("Looked for a patient in an emergency, and found nobody"),
    "emergency.opened": _("Opened the record in an emergency, for 30 minutes"),
    "emergency.reviewed": _("Reviewed an emergency access"),
    "disclosure.entered": _("Noted that something of the record went out"),
    "encounter.labeled": _("Put a visit's record under special protection"),
    "encounter.unlabeled": _("Took a visit's record out of special protection"),
    "hold.lifted": _("Allowed the record to be erased again"),
    "hold.placed": _("Forbade the record to be erased"),
    "invitation.sent": _("Invited someone to work here"),
    "invitation.withdrawn": _("Took an invitation back"),
    "join-link.refused": _("Was asked for a date of birth, and gave another"),
    "join-link.sent": _("Sent a link that opens a visit"),
    "join-link.used": _("Came to a visit by a link"),
    "message.sent": _("Sent a message"),
    "note.opened": _("Began a visit's note"),
    "note.read": _("Read a visit's note"),
    "note.saved": _("Wrote on a visit's note"),
    "note.signed": _("Signed a visit's note"),
    "patient.erased": _("Erased the record"),
    "patient.created": _("Created the record"),
    "patient.updated": _("Changed the personal details"),
    "payment.retried": _("Tried a payment again"),
    "record.exported": _("Took a copy of the record"),
    "profile.saved": _("Changed their own profile"),
    "role.granted": _("Took up a role"),
    "role.taken": _("Took a role away"),
    "supervision.ended": _("Ended an agreement on supervision"),
    "supervision.proposed": _("Proposed an agreement on supervision"),
    "supervision.signed": _("Signed an agreement on supervision"),
    "thread.read": _("Read messages"),
    "trail.exported": _("Took a copy of who looked at the record"),
    "video.admitted": _("Let someone into the visit"),
    "video.checked-in": _("Checked in for a visit"),
    "video.ended": _("Ended a visit"),
    "video.entered": _("Came into the visit's room"),
    "video.knocked": _("Waited to be let in"),
    "video.left": _("Left the visit's room"),
    "video.live": _("A visit began"),
    "video.turned-away": _("Was told that a visit cannot take place"),
}
# Pages, sockets and duties that opened something of the record: the name of the page, and ".read".
READS: dict[str, Any] = {
    "accounts.about-you.read": _("Opened the personal details"),
    "account-login.read": _("Opened the sign-in page of the demonstration, which shows the name"),
    "accounts.access-log.read": _("Looked up who looked at the record"),
    "accounts.care-team.read": _("Opened the care teams, which show the name"),
    "appointments.care-ending.read": _("Opened the page that ends care"),
    "accounts.emergency-review.read": _("Opened the review of an emergency access"),
    "accounts.emergency-reviews.read": _("Opened the list of emergency accesses"),
    "appointments.detail.read": _("Opened a visit"),
    "appointments.list.read": _("Opened the list of visits"),
    "billing.card.read": _("Opened the card on file"),
    "billing.claims.read": _("Opened the claims, which show the name"),
    "billing.charge.read": _("Opened what a visit costs"),
    "billing.ledger.read": _("Opened the ledger, which shows the name"),
    "billing.receipt.read": _("Opened a receipt"),
    "booking-review.read": _("Looked a booking over"),
    "care.amendment.read": _("Opened a request for a change"),
    "care.amendment-board.read": _("Opened the list of requests for changes"),
    "care.amendments.read": _("Opened the requests for changes"),
    "care.disclosure-list.read": _("Opened the list of what went out"),
    "care.disclosure-register.read": _("Opened the register of what went out"),
    "care.consent.read": _("Opened a consent"),
    "care.consent-list.read": _("Opened what is permitted"),
    "care.consents.read": _("Opened what was signed"),
    "care.emergency-access.read": _("Opened emergency access, which shows the name"),
    "care.emergency-chart.read": _("Opened the record in an emergency"),
    "care.emergency-note.read": _("Read a visit's note in an emergency"),
    "care.note.read": _("Opened a visit's note"),
    "care.signed-note.read": _("Read a visit's note"),
    "care.supervised-notes.read": _("Opened the list of signed notes, which shows the name"),
    "care.create-label.read": _("Opened a visit's note"),
    "create-record-copy.read": _("Took a copy of the record"),
    "export-patient.read": _("Copied the record"),
    "home.read": _("Opened the start page, which shows the name"),
    "messaging.list.read": _("Opened the list of messages"),
    "messaging.missed.read": _("Read messages"),
    "messaging.thread.read": _("Read messages"),
    "video.join.read": _("Compared a date of birth, for a link that opens a visit"),
    "video.room.read": _("Opened the visit's room"),
    "video.room-check-in.read": _("Opened the check-in for a visit"),
    "video.room-left.read": _("Opened the page after a visit"),
    "video.room-facts.read": _("Opened the facts for an emergency"),
}
ACTIONS |= READS
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
