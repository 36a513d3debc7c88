"""An admin says how long a free time is kept for one who waits, before it goes to the next."""

from datetime import datetime

from django.db import transaction

from accounts.models import Practice, User
from core import audit


@transaction.atomic
def enter(*, practice: Practice, minutes: int, by: User, now: datetime) -> None:
    """What is on offer keeps the time that its patient was told."""
    practice.waitlist_minutes = minutes
    practice.save(update_fields=["waitlist_minutes"])
    audit.record("waitlist.minutes-entered", subject=practice, by=by, at=now)
