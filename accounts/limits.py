"""How often one address or person may do what costs others something, and how much of it. The
counts are kept in the cache."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from allauth.core import ratelimit
from allauth.core.internal import ratelimit as counting
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.transactions import take_turns

A_DAY = timedelta(days=1).total_seconds()

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def limited(action: str) -> Callable[[View[P]], View[P]]:
    """Answer 429 to an address that did `action` too often; ACCOUNT_RATE_LIMITS has the figure.

    Only what succeeded counts, which is what ends with a redirect: whoever loses a race for a
    time may try the next.
    """

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if is_spent(request, action):
                refusal: HttpResponse = ratelimit.respond_429(request)
                return refusal
            response = view(request, *args, **kwargs)
            if response.status_code == HTTPStatus.FOUND:
                ratelimit.consume(request, action=action)
            return response

        return guarded

    return wrap


def refusal(request: HttpRequest, action: str) -> HttpResponse | None:
    """Count a try of the person who is signed in, whatever comes of it; 429 when none was left."""
    if ratelimit.consume(request, action=action, user=request.user):
        return None
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer


@transaction.atomic
def spend(amount: int, *, of: str, most: int, by: User, now: datetime) -> bool:
    """Take from what a person has of something on a day (UTC). False, and nothing is taken, where
    that is more than is left."""
    key = f"spent:{of}:{by.pk}:{now:%Y-%m-%d}"
    take_turns(key)
    spent = cache.get(key, 0) + amount
    if spent > most:
        return False
    cache.set(key, spent, A_DAY)
    return True


def read_refusal(request: HttpRequest, action: str, *, key: str) -> HttpResponse | None:
    """Count a look, from wherever, at what `key` names; 429 when none was left."""
    app = "allauth.account"
    if counting.consume(request, app=app, action=action, key=key, limit_get=True):
        return None
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer


def is_spent(request: HttpRequest, action: str) -> bool:
    """Whether no further try is left. Looked up without the lock that a crowd would wait for."""
    app = "allauth.account"
    for rate in counting.get_rates(app=app, action=action):
        key = counting.get_cache_key(request, app=app, action=action, rate=rate)
        is_left, _ = counting.apply_rate(cache.get(key, []), time.time(), rate, dry_run=True)
        if not is_left:
            return True
    return False


def each_try_counts(action: str) -> Callable[[View[P]], View[P]]:
    """Answer 429 to an address that tried `action` too often, whatever came of it. A try is a POST:
    looking at the form is none."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method == "POST" and not ratelimit.consume(request, action=action):
                refusal: HttpResponse = ratelimit.respond_429(request)
                return refusal
            return view(request, *args, **kwargs)

        return guarded

    return wrap
