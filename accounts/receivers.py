"""What happens when somebody signs in, by whatever door."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import factors, idle
from accounts.models import User
from core import tenancy


@receiver(user_logged_in)
def begin_session(request: HttpRequest, user: User, **_signal: Any) -> None:
    tenancy.enter(user.pk)  # by a code or a passkey, the backend was not asked
    idle.enter(request.session, user, now=idle.clock())
    factors.note_sign_in(request, user)
