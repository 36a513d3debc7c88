"""The development mailbox: what would have been sent, kept as files and shown on a page."""

import email
import uuid
from collections.abc import Sequence
from email import policy
from email.message import EmailMessage as Letter
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class MailboxBackend(BaseEmailBackend):
    """Write each mail to its own .eml file under MAILBOX_DIR."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            keep(message.message().as_bytes())
        return len(email_messages)


def keep(letter: bytes) -> None:
    folder = Path(settings.MAILBOX_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{uuid.uuid4()}.eml").write_bytes(letter)


def letters(*, limit: int = 50) -> list[Letter]:
    """Return the newest mails first."""
    files = Path(settings.MAILBOX_DIR).glob("*.eml")
    newest = sorted(files, key=lambda file: file.stat().st_mtime_ns, reverse=True)[:limit]
    return [email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in newest]
