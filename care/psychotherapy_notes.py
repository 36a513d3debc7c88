"""Psychotherapy notes: written by a therapist for herself, destroyed by her alone."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import holds
from accounts.models import Patient, Provider, User
from care.models import PsychotherapyNote
from core import audit, keystore
from core.models import AuditEvent
from core.transactions import take_turns, violated

DESTROYED = "psychotherapy-note.destroyed"


class NotInCare(Exception):
    """Only who treats the patient now begins a note on her."""


class IdTaken(Exception):
    """The id already stands for another note."""


class OnHold(Exception):
    """A legal hold is open: nothing about the patient may be destroyed."""


class DestroyedAlready(Exception):
    """In another window; or its form is sent once more."""


@transaction.atomic
def write(
    *, patient: Patient, body: str, note_id: UUID, by: User, now: datetime
) -> PsychotherapyNote:
    """
    Keep a note. Sent again with the same id and words, it is the first one.

    :raises NotInCare:
    :raises IdTaken:
    :raises DestroyedAlready: what was destroyed does not come back by the browser's "back"
    :raises core.keystore.Erased: if there is nobody left to write about
    """
    author = _author(patient, by)
    take_turns(f"psychotherapy notes {author.pk} {patient.pk}")
    if earlier := PsychotherapyNote.objects.filter(pk=note_id).first():
        return _same(earlier, patient=patient, author=author, body=body)
    if _was_destroyed(note_id, patient):
        raise DestroyedAlready
    _see_to_key(patient, author)
    fields = {"patient": patient, "author": author, "body": body, "written_at": now}
    try:
        with transaction.atomic():
            note = PsychotherapyNote.objects.create(id=note_id, **fields)
    except IntegrityError as error:
        if violated(error) == "care_psychotherapynote_pkey":  # of a practice that is not shown here
            raise IdTaken from error
        raise
    _record("psychotherapy-note.written", note, by=by, now=now)
    return note


@transaction.atomic
def destroy(*, note: PsychotherapyNote, by: User, now: datetime) -> None:
    """
    Remove a note of one's own for ever. That there was one stays on the trail.

    :raises OnHold:
    :raises DestroyedAlready:
    """
    patient = holds.lock(note.patient)
    if holds.open_hold(patient):
        raise OnHold
    if not PsychotherapyNote.objects.visible_to(by).filter(pk=note.pk).exists():
        raise DestroyedAlready
    _record(DESTROYED, note, by=by, now=now)
    note.delete()


def _author(patient: Patient, by: User) -> Provider:
    is_in_care = Patient.objects.in_clinical_care_of(by).filter(pk=patient.pk).exists()
    author = Provider.objects.filter(user=by, practice=patient.practice_id).first()
    if author is None or not is_in_care:
        raise NotInCare
    return author


def _see_to_key(patient: Patient, author: Provider) -> None:
    """A key is born with the first note. Where there are notes and no key, sealing says so."""
    if not PsychotherapyNote.objects.filter(patient=patient, author=author).exists():
        keystore.make(patient.ref, author.pk)


def _same(
    earlier: PsychotherapyNote, *, patient: Patient, author: Provider, body: str
) -> PsychotherapyNote:
    # Whose it is comes first: nobody opens a note to compare it with words of somebody else.
    if (earlier.patient_id, earlier.author_id) != (patient.pk, author.pk) or earlier.body != body:
        raise IdTaken
    return earlier


def _was_destroyed(note_id: UUID, patient: Patient) -> bool:
    """Whether a form is sent once more whose note is gone for ever: the trail remembers the id."""
    destroyed = AuditEvent.objects.filter(patient_id=patient.pk, action=DESTROYED)
    return destroyed.filter(subject_id=str(note_id)).exists()


def _record(action: str, note: PsychotherapyNote, *, by: User, now: datetime) -> None:
    audit.record(action, subject=note, by=by, at=now, patient_id=note.patient_id)
