"""The visits that hang on a therapist whose work here is about to end."""

from datetime import datetime

from django.utils.translation import ngettext

from accounts.models import User
from accounts.ties import counted
from appointments.models import Appointment


@counted
def visits(person: User, now: datetime) -> str:
    count = Appointment.objects.filter(provider__user=person).upcoming(now=now).count()
    if not count:
        return ""
    return ngettext("One booked visit", "%(count)s booked visits", count) % {"count": count}
