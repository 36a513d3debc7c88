"""The progress note: opened on the day, saved as it grows, signed once."""

import hashlib
from datetime import datetime

from django.db import transaction

from accounts.models import User
from appointments import attendance
from appointments.models import Appointment, Attendance
from care.models import Encounter, ProgressNote
from core import audit
from core.seen import is_blank


class NotTheProvider(Exception):
    """Only the provider of the visit writes its note."""


class NotArrived(Exception):
    """Nobody has come yet, so there is nothing to write about."""


class NotOver(Exception):
    """The visit may still be going on; signing would close it."""


class AlreadySigned(Exception):
    """A signed note stays as it is."""


class NothingToSign(Exception):
    """The note is empty."""


class ChangedElsewhere(Exception):
    """Another copy was saved since this one was opened."""

    def __init__(self, newest: ProgressNote) -> None:
        super().__init__(str(newest))
        self.newest = newest


@transaction.atomic
def open_note(*, appointment: Appointment, by: User, now: datetime) -> ProgressNote:
    """Return the note of a visit; begin it, and the encounter, the first time.

    :raises NotTheProvider:
    :raises NotArrived:
    """
    provider = appointment.provider
    if provider.user_id != by.pk:
        raise NotTheProvider
    if not _has_begun(appointment):
        raise NotArrived
    encounter, _ = Encounter.objects.get_or_create(
        appointment=appointment, defaults={"opened_at": now}
    )
    note, is_new = ProgressNote.objects.get_or_create(
        encounter=encounter, defaults={"author": provider, "saved_at": now}
    )
    _record("note.opened" if is_new else "note.read", note, by=by, now=now)
    return note


@transaction.atomic
def save(
    *, note: ProgressNote, body: str, by: User, now: datetime, revision: int | None = None
) -> ProgressNote:
    """Keep the words as they are now. Saving what is there already changes nothing.

    :param revision: that of the copy which was edited; None saves whatever is there now
    :raises AlreadySigned:
    :raises ChangedElsewhere: so that an old page does not overwrite a newer one
    """
    note = _lock(note, by=by)
    if body == note.body:
        return note
    if note.is_signed:
        raise AlreadySigned
    if revision not in (None, note.revision):
        raise ChangedElsewhere(note)
    note.body, note.saved_at = body, now
    note.revision += 1
    note.save()
    _record("note.saved", note, by=by, now=now)
    return note


@transaction.atomic
def sign(
    *, note: ProgressNote, body: str, by: User, now: datetime, revision: int | None = None
) -> ProgressNote:
    """Save and sign, which completes the visit. Signing the same words twice has one effect.

    :raises NothingToSign:
    :raises AlreadySigned:
    :raises ChangedElsewhere:
    :raises NotOver:
    :raises InvalidTransition: if the visit was cancelled or missed
    """
    if is_blank(body):
        raise NothingToSign
    note = save(note=note, body=body, by=by, now=now, revision=revision)
    if note.is_signed:
        return note
    appointment = note.encounter.appointment
    is_early = now < appointment.ends_at and not _has_attendance(appointment)
    if is_early or attendance.is_going_on(appointment):
        raise NotOver
    note.signed_at = now
    note.sha256 = hashlib.sha256(body.encode()).hexdigest()
    note.save()
    _record("note.signed", note, by=by, now=now)
    attendance.complete(appointment=appointment, by=by, now=now)
    return note


def _has_begun(appointment: Appointment) -> bool:
    arrived = (Appointment.Status.ARRIVED, Appointment.Status.FULFILLED)
    return appointment.status in arrived or _has_attendance(appointment)


def _has_attendance(appointment: Appointment) -> bool:
    return Attendance.objects.filter(appointment=appointment).exists()


def _lock(note: ProgressNote, *, by: User) -> ProgressNote:
    """Lock, then look: of two pages that save at once, one must see the other's words."""
    notes = ProgressNote.objects.select_related("encounter__appointment", "author")
    fresh = notes.select_for_update(of=("self",)).get(pk=note.pk)
    if fresh.author.user_id != by.pk:
        raise NotTheProvider
    return fresh


def _record(action: str, note: ProgressNote, *, by: User, now: datetime) -> None:
    patient_id = note.encounter.appointment.patient_id
    audit.record(action, subject=note, by=by, at=now, patient_id=patient_id)
