"""Second factors: who has one, and whether it was shown in this session.

What was shown is in allauth's own list of proofs, which the session keeps for one user.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from accounts.models import User
from core import audit

FACTOR = "mfa"  # allauth's word for such a proof
DEMO = "demo"  # ours, for the one click of demo people
Type = Authenticator.Type
REAL = [Type.TOTP, Type.WEBAUTHN]  # recovery codes only stand in for one of these


def has_one(user: User) -> bool:
    return bool(is_mfa_enabled(user, REAL))


def is_last(authenticator: Authenticator) -> bool:
    real = Authenticator.objects.filter(user=authenticator.user_id, type__in=REAL)
    return not real.exclude(pk=authenticator.pk).exists()


def proofs(request: Any, user: User) -> list[dict[str, Any]]:
    """What the user has shown in the session of `request`, which may be a socket's."""
    found: list[dict[str, Any]] = get_authentication_records(request, user)
    return found


def is_passed(request: Any, user: User) -> bool:
    return any(proof["method"] == FACTOR for proof in proofs(request, user))


def is_demo(request: Any, user: User) -> bool:
    """Whether the session began with the one click of a demo person, which is in development."""
    return any(proof.get("type") == DEMO for proof in proofs(request, user))


def mark_passed(request: HttpRequest, user: User, *, how: str) -> None:
    record_authentication(request, user, FACTOR, type=how)


def note_sign_in(request: HttpRequest, user: User) -> None:
    """Whoever gets in has just proved something, by whatever door: such as a code from the mail."""
    if not proofs(request, user):
        record_authentication(request, user, "sign-in")


def unmark(request: HttpRequest, user: User) -> None:
    """The factor is gone, and what it has proved with it."""
    kept = [proof for proof in proofs(request, user) if proof["method"] != FACTOR]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept


def is_missing(request: Any, user: User) -> bool:
    """Whether staff has yet to show a second factor. Patients may have one, and need not."""
    return not is_passed(request, user) and user.works_here


def note_added(request: HttpRequest, *, how: str, now: datetime) -> None:
    """A new factor has just been shown, which is a proof as good as any."""
    assert isinstance(request.user, User)
    mark_passed(request, request.user, how=how)
    note(request, "factor.added", now=now)


def note_removed(request: HttpRequest, *, now: datetime) -> None:
    assert isinstance(request.user, User)
    if not has_one(request.user):
        unmark(request, request.user)
    note(request, "factor.removed", now=now)


def note(request: HttpRequest, deed: str, *, now: datetime) -> None:
    assert isinstance(request.user, User)
    audit.record(deed, subject=request.user, by=request.user, at=now)


def those_with_one(user_ids: Iterable[int]) -> set[int]:
    rows = Authenticator.objects.filter(user__in=list(user_ids), type__in=REAL)
    return set(rows.values_list("user_id", flat=True))
