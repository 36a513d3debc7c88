"""How often one address may do what costs others something. The counts are kept in the cache."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse

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
            if not ratelimit.consume(request, action=action, dry_run=True):
                refusal: HttpResponse = ratelimit.respond_429(request)
                return refusal
            response = view(request, *args, **kwargs)
            if response.status_code == HTTPStatus.FOUND:
                ratelimit.consume(request, action=action)
            return response

        return guarded

    return wrap
