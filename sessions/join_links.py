"""Coming to one visit by a link in a letter, without a password.

The letter may be read by others: a scanner that opens links, whoever shares the mailbox, a
forwarded mail. So the token stands behind the `#`, which no server and no scanner is sent; using
it is a POST, and needs the date of birth; the first browser that uses it keeps it; and it opens
the check-in and the room of that visit, nothing else. Only the patient gets one: staff signs in.
"""

import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import factors
from accounts.models import User
from appointments.models import Appointment
from core import audit, tenancy
from sessions import opening
from sessions.models import JoinLink, VideoSession

LIVES_AFTER = timedelta(minutes=15)  # the end of the visit
BYTES = 32


class Refused(Exception):
    """The link does not open the visit, or not to this browser."""


class NoSuchLink(Refused):
    """Unknown, replaced, tried too often, too old, or of a visit that does not take place."""


class UsedElsewhere(Refused):
    """Another browser has it."""


class WrongDate(Refused):
    """This is not the patient's date of birth."""


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def address_of(token: str) -> str:
    return f"{settings.SITE_URL}{reverse('video:join')}#{token}"


def may_have_one(appointment: Appointment) -> bool:
    """Who has set up a second factor asked for more than a link: she signs in."""
    patient = appointment.patient
    return patient is not None and may_come(appointment) and not factors.has_one(patient.user)


def may_come(appointment: Appointment) -> bool:
    patient = appointment.patient
    return patient is not None and patient.user.is_active and appointment.status in opening.HAPPENS


@transaction.atomic
def make(*, appointment: Appointment, now: datetime) -> str:
    """Return the token of a new link; the visit's earlier one opens nothing any more."""
    appointment.lock()  # one at a time
    revoke(appointment=appointment, now=now)
    token = secrets.token_urlsafe(BYTES)
    link = JoinLink.objects.create(appointment=appointment, token_hash=hashed(token), sent_at=now)
    patient_id = appointment.patient_id
    audit.record("join-link.sent", subject=link, by=None, at=now, patient_id=patient_id)
    return token


def revoke(*, appointment: Appointment, now: datetime) -> None:
    JoinLink.objects.open().filter(appointment=appointment).update(revoked_at=now)


@tenancy.every_practice()
def find(*, token: str, now: datetime) -> JoinLink | None:
    """The link that a letter with this token holds, also one that was replaced: it can be asked
    anew by whoever has the letter, and goes to the patient."""
    related = ("appointment__patient__user", "appointment__provider")
    link = JoinLink.objects.select_related(*related).filter(token_hash=hashed(token)).first()
    if link is None or not leads_somewhere(link.appointment, now=now):
        return None
    return link


def leads_somewhere(appointment: Appointment, *, now: datetime) -> bool:
    return may_have_one(appointment) and takes_place(appointment, now=now)


def takes_place(appointment: Appointment, *, now: datetime) -> bool:
    """Whether the patient can still come: until 15 minutes after its end, or while it goes on."""
    if not may_come(appointment):
        return False
    return now < appointment.ends_at + LIVES_AFTER or goes_on(appointment)


def goes_on(appointment: Appointment) -> bool:
    live = VideoSession.Status.LIVE
    return VideoSession.objects.filter(appointment=appointment, status=live).exists()


@tenancy.every_practice()
def use(*, token: str, date_of_birth: date, browser: str, now: datetime) -> JoinLink:
    """
    Open the visit to this browser, which from now on has the link. Again, it changes nothing.

    :param browser: the browser's secret; another browser does not know it
    :raises Refused: as its kinds say
    """
    outcome = _try(token, date_of_birth, browser, now=now)
    if isinstance(outcome, Refused):
        raise outcome  # here, where what the try has cost is kept
    return outcome


@transaction.atomic
def _try(token: str, date_of_birth: date, browser: str, *, now: datetime) -> JoinLink | Refused:
    link = find(token=token, now=now)
    if link is None:
        return NoSuchLink()
    # The visit's row first, as everywhere: of two browsers at once, one must see the other.
    link.appointment.lock()
    open_links = JoinLink.objects.open().select_for_update(of=("self",))
    if not open_links.filter(pk=link.pk).exists():
        return NoSuchLink()
    link.refresh_from_db(fields=["browser_hash", "used_at", "wrong_count"])
    if link.browser_hash and not is_of(link, browser):
        return UsedElsewhere()
    patient = link.appointment.patient
    assert patient is not None  # may_have_one
    if patient.date_of_birth != date_of_birth:
        return _note_wrong(link, now=now)
    if not link.browser_hash:
        link.browser_hash, link.used_at = hashed(browser), now
        link.save(update_fields=["browser_hash", "used_at"])
        record("join-link.used", link, by=patient.user, now=now)
    return link


def _note_wrong(link: JoinLink, *, now: datetime) -> Refused:
    """Count the try; the last one ends the link."""
    link.wrong_count += 1
    if link.wrong_count >= JoinLink.MOST_TRIES:
        link.revoked_at = now
    link.save(update_fields=["wrong_count", "revoked_at"])
    record("join-link.refused", link, by=None, now=now)
    return NoSuchLink() if link.revoked_at else WrongDate()


def record(action: str, link: JoinLink, *, by: User | None, now: datetime) -> None:
    patient_id = link.appointment.patient_id
    audit.record(action, subject=link, by=by, at=now, patient_id=patient_id)


def is_of(link: JoinLink, browser: str) -> bool:
    return hmac.compare_digest(link.browser_hash, hashed(browser))


@tenancy.every_practice()
def comer(*, link_id: int, browser: str, appointment_id: UUID, now: datetime) -> User | None:
    """Who comes to this visit by this link from this browser, at this moment."""
    related = ("appointment__patient__user", "appointment__provider")
    mine = JoinLink.objects.open().filter(pk=link_id, appointment_id=appointment_id)
    link = mine.exclude(browser_hash="").select_related(*related).first()
    if link is None or not is_of(link, browser):
        return None
    if not leads_somewhere(link.appointment, now=now):
        return None
    assert link.appointment.patient is not None  # may_have_one
    return link.appointment.patient.user
