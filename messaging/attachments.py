"""Attaching files to a message, and reading what was attached."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Patient, User
from core import audit, keystore, sealed_files, sealing
from core.transactions import take_turns
from messaging import checking
from messaging.accepting import Upload
from messaging.limits import MOST_WAITING
from messaging.models import Attachment, Message

log = logging.getLogger(__name__)


class Lost(Exception):
    """The file is away or damaged, so that nobody can open it any more."""


class TooManyWaiting(Exception):
    """As many files as one person may send are not checked yet: the checks are everybody's."""


def attach(message: Message, uploads: Sequence[Upload], *, now: datetime) -> None:
    """Keep the files, each sealed before its row is written, and have them checked.

    Part of the message's transaction: if that is undone, the files lie there for nobody, until
    `sweeping` removes them.

    :raises TooManyWaiting:
    :raises sealed_files.NoRoom: then none of them is left
    """
    if uploads:
        look_at_waiting(message, len(uploads))
    kept: list[Attachment] = []
    try:
        for number, upload in enumerate(uploads, start=1):
            kept.append(_keep(message, number, upload))
    except sealed_files.NoRoom:
        _remove(kept)
        raise
    for attachment in kept:
        checking.ask(attachment, key=str(attachment.pk), now=now)


def look_at_waiting(message: Message, count: int) -> None:
    """
    :raises TooManyWaiting: with `count` more
    """
    author, patient = message.author, message.thread.patient
    take_turns(f"files {patient.pk} {author.pk}")  # of two threads at once
    if Attachment.objects.waiting(author=author, patient=patient).count() + count > MOST_WAITING:
        raise TooManyWaiting


def _keep(message: Message, number: int, upload: Upload) -> Attachment:
    attachment = Attachment(
        message=message,
        number=number,
        title=upload.title,
        content_type=upload.content_type,
        size=len(upload.content),
        sha256=upload.sha256,
    )
    owner = message.thread.patient.ref
    attachment.file = sealed_files.write(upload.content, owner=owner, about=attachment.about)
    attachment.save(force_insert=True)
    return attachment


def are_same(message: Message, uploads: Sequence[Upload]) -> bool:
    """Whether these are the files that the message came with."""
    sent = [attachment.sha256 for attachment in message.attachments.all()]
    return sent == [upload.sha256 for upload in uploads]


@transaction.atomic
def read(*, attachment: Attachment, by: User, now: datetime) -> bytes:
    """Return what is in it.

    :raises keystore.Erased:
    :raises Lost: then nothing was read, and the trail says nothing
    """
    patient = attachment.message.thread.patient
    if keystore.is_erased(patient.ref):
        raise keystore.Erased
    audit.record("attachment.read", subject=attachment, by=by, at=now, patient_id=patient.pk)
    return opened(attachment)


def opened(attachment: Attachment) -> bytes:
    """
    :raises Lost: an operator reads of it in the log, by its id alone
    """
    assert attachment.file is not None  # what is clean has one
    try:
        return sealed_files.read(attachment.file, about=attachment.about)
    except (sealed_files.Missing, sealing.Tampered) as fault:
        log.error("%s cannot be opened: %s", attachment, type(fault).__name__)  # noqa: TRY400 -- its text may name more
        raise Lost from fault


def forget(patient: Patient) -> None:
    """Remove the files of a patient who is being erased, once that is certain."""
    of_hers = list(Attachment.objects.filter(message__thread__patient=patient, file__isnull=False))
    transaction.on_commit(lambda: _remove(of_hers), robust=True)


def _remove(attachments: Sequence[Attachment]) -> None:
    for attachment in attachments:
        if attachment.file:
            sealed_files.remove(attachment.file)
