"""The messages that wait for a therapist whose work here is about to end."""

from datetime import datetime

from django.utils.translation import ngettext

from accounts.models import User
from accounts.ties import counted
from messaging.models import Message


@counted
def unread(person: User, _now: datetime) -> str:
    waiting = Message.objects.filter(thread__provider__user=person, thread__patient__erasure=None)
    count = waiting.unread_by(person).count()
    if not count:
        return ""
    return ngettext("One unread message", "%(count)s unread messages", count) % {"count": count}
