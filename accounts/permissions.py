"""Who may do what, where it is not a matter of rows (those have `visible_to`)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpResponse

from accounts.http import SignedInRequest

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponse]


def roles(*allowed: str) -> Callable[[View[P]], View[P]]:
    """Let only members with one of the roles in. For others the page does not exist: 404."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.has_role(*allowed):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return wrap
