"""Letters about the account: codes and notices, worded by allauth's flows, sent by the outbox.

While one waits, nobody can read it in the database: neither its code nor to whom it goes.
"""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction

from core import outbox, site_key
from core.duties import CannotBeDone, handler
from core.policy import RECIPIENT, serves

KIND = "mail.account"
CODE_LIVES = timedelta(minutes=15)  # as long as allauth takes the code: see the ACCOUNT_ settings


@transaction.atomic
def post(*, subject: str, body: str, to: str, has_code: bool, now: datetime) -> None:
    """Put a letter into the outbox. One with a code is not sent once the code is too old."""
    letter = json.dumps({"subject": subject, "body": body, "to": [to]})
    payload = {"letter": site_key.box(KIND).encrypt(letter.encode()).decode()}
    if has_code:
        payload["send_before"] = (now + CODE_LIVES).isoformat()
    outbox.enqueue(KIND, key=str(uuid.uuid4()), payload=payload, due_at=now)


@handler(KIND)
@serves(RECIPIENT)
def send(payload: dict[str, Any], now: datetime) -> None:
    """Send the letter and empty the payload, which the outbox saves: no code stays at rest.

    :raises CannotBeDone: if the code in it would no longer work
    """
    if "send_before" in payload and now >= datetime.fromisoformat(payload["send_before"]):
        payload.clear()
        raise CannotBeDone
    EmailMessage(**json.loads(site_key.box(KIND).decrypt(payload["letter"].encode()))).send()
    payload.clear()
