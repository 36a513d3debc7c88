"""Checking what was attached: the virus scanner looks at it, and a harmless copy takes its place.

Until then it is quarantined, and served to nobody. What was sent lies in its file until `sweeping`
finds that no row names it any more.

One file is checked at a time. A check may last half a minute, and codes for signing in leave by the
same workers.
"""

from datetime import datetime, timedelta
from typing import Any

from core import audit, events, keystore, outbox, sealed_files
from core.duties import NotYet, handler
from core.policy import SYSTEM, serves
from core.transactions import try_turn
from messaging import cleaning, scanning
from messaging.kinds import Reason, Refused
from messaging.models import Attachment

KIND = "attachment.check"
PAUSE = timedelta(seconds=5)  # at most: who is done lets the next come sooner


def ask(attachment: Attachment, *, key: str, now: datetime) -> None:
    """Make the check a duty, once for the key."""
    payload = {"attachment": str(attachment.pk)}
    outbox.enqueue(KIND, key=key, payload=payload, due_at=now)


@handler(KIND)
@serves(SYSTEM)
def check_attachment(payload: dict[str, Any], now: datetime) -> None:
    """
    :raises NotYet: another is being checked
    :raises scanning.NoAnswer: it stays quarantined, and the outbox asks again
    """
    if not try_turn(KIND):
        raise NotYet(now + PAUSE)
    check(Attachment.objects.with_people().get(pk=payload["attachment"]), now=now)
    outbox.hasten(KIND, now=now)  # those that were put off in the meantime


def check(attachment: Attachment, *, now: datetime) -> None:
    """
    :raises scanning.NoAnswer:
    """
    owner = attachment.message.thread.patient.ref
    if attachment.status != Attachment.Status.QUARANTINED or keystore.is_erased(owner):
        return
    try:
        harmless = harmless_copy(attachment)
    except Refused as refused:
        attachment.refuse(reason=refused.reason, now=now)
        tell("attachment.refused", attachment, now=now)
        return
    file = sealed_files.write(harmless, owner=owner, about=attachment.about)
    attachment.pass_on(file=file, size=len(harmless), now=now)
    tell("attachment.passed", attachment, now=now)


def harmless_copy(attachment: Attachment) -> bytes:
    """
    :raises Refused:
    :raises scanning.NoAnswer:
    """
    assert attachment.file is not None  # only a refused one has none
    sent = sealed_files.read(attachment.file, about=attachment.about)
    if scanning.is_infected(sent):
        raise Refused(Reason.INFECTED)
    return cleaning.clean(sent, attachment.content_type)


def tell(action: str, attachment: Attachment, *, now: datetime) -> None:
    """Write it on the trail, and let open pages show it."""
    message = attachment.message
    patient_id = message.thread.patient_id
    audit.record(action, subject=attachment, by=None, at=now, patient_id=patient_id)
    events.publish(message.thread.topic, type="attachment.checked", message=str(message.id))


def ask_again(*, before: datetime, now: datetime) -> None:
    """Have checked what still waits: its duty is given up where the scanner is away for long."""
    waiting = Attachment.objects.filter(
        status=Attachment.Status.QUARANTINED,
        message__sent_at__lt=before,
        message__thread__patient__erasure=None,
    )
    for attachment in waiting.order_by("pk").iterator():
        ask(attachment, key=f"{attachment.pk} {now:%Y-%m-%dT%H}", now=now)
