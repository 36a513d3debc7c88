"""Writing and reading messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from core import audit, events
from core.transactions import violated
from messaging import attachments, notices, threads
from messaging.accepting import Upload
from messaging.models import Message, Thread

PAGE = 50  # messages


class NotInThread(Exception):
    """Only the two people of a thread write in it."""


class CareEnded(Exception):
    """The one no longer cares for the other, or is gone: nobody would read what is written."""


class IdTaken(Exception):
    """The id already stands for another message."""


@transaction.atomic
def send(
    *,
    thread: Thread,
    body: str,
    message_id: UUID,
    by: User,
    now: datetime,
    uploads: Sequence[Upload] = (),
) -> Message:
    """Add a message. Sent again with the same id, words and files, it is the first one.

    :param message_id: made by whoever sends, so that a repeated request is recognized
    :raises NotInThread:
    :raises CareEnded:
    :raises IdTaken:
    :raises attachments.TooManyWaiting:
    :raises core.sealed_files.NoRoom: the disk is full; neither message nor files are there
    """
    # One at a time: the numbers have no gaps and no page misses a message that came in between.
    thread = Thread.objects.with_people().select_for_update(of=("self",)).get(pk=thread.pk)
    if by.pk not in (thread.patient.user_id, thread.provider.user_id):
        raise NotInThread
    if earlier := Message.objects.filter(pk=message_id).first():
        return _same(earlier, thread=thread, body=body, by=by, uploads=uploads)
    if not threads.are_together(thread.patient, thread.provider):
        raise CareEnded
    message = _add(thread, id=message_id, author=by, body=body, sent_at=now)
    attachments.attach(message, uploads, now=now)
    audit.record("message.sent", subject=message, by=by, at=now, patient_id=thread.patient_id)
    events.publish(thread.topic, type="message.sent", message=str(message.id))
    notices.announce(thread, to=thread.other(by), now=now)
    return message


def _add(thread: Thread, **fields: Any) -> Message:
    """
    :raises IdTaken: if another thread has taken the id at this moment
    """
    try:
        with transaction.atomic():
            return Message.objects.create(
                thread=thread, number=thread.messages.count() + 1, **fields
            )
    except IntegrityError as error:
        if violated(error) == "messaging_message_pkey":
            raise IdTaken from error
        raise


def _same(
    earlier: Message, *, thread: Thread, body: str, by: User, uploads: Sequence[Upload]
) -> Message:
    is_same = (earlier.thread_id, earlier.author_id, earlier.body) == (thread.pk, by.pk, body)
    if not is_same or not attachments.are_same(earlier, uploads):
        raise IdTaken
    return earlier


def read(*, thread: Thread, by: User, now: datetime, before: int | None = None) -> list[Message]:
    """Return the last PAGE messages, or the last numbered below `before`, oldest first.

    What the other person wrote in them counts as read from now on.
    """
    earlier = thread.messages.with_attachments()
    earlier = earlier if before is None else earlier.filter(number__lt=before)
    return _read(list(earlier.reverse()[:PAGE])[::-1], thread=thread, by=by, now=now)


def catch_up(*, thread: Thread, by: User, now: datetime, after: int) -> list[Message]:
    """Return every message numbered above `after`: what an open page has missed."""
    missed = thread.messages.with_attachments().filter(number__gt=after)
    return _read(list(missed), thread=thread, by=by, now=now)


def mark_read(*, thread: Thread, by: User, now: datetime, up_to: int) -> None:
    """Note that `by` has seen everything up to the number `up_to` on a page that was open."""
    thread.messages.unread_by(by).filter(number__lte=up_to).update(read_at=now)


@transaction.atomic
def _read(shown: list[Message], *, thread: Thread, by: User, now: datetime) -> list[Message]:
    if shown:
        thread.messages.unread_by(by).filter(pk__in=[m.pk for m in shown]).update(read_at=now)
        audit.record("thread.read", subject=thread, by=by, at=now, patient_id=thread.patient_id)
    return shown
