"""Who may do what, where it is not a matter of rows (those have `visible_to`)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpResponse

from accounts.http import SignedInRequest
from accounts.models import Practice, User

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponse]


def practice_of(user: User, *held: str) -> Practice:
    """
    The practice in which `user` holds one of the roles: its rows are all that she works on.

    :raises Http404: if there is none
    """
    found = Practice.objects.filter(memberships__user=user, memberships__role__in=held)
    if practice := found.order_by("pk").first():
        return practice
    raise Http404


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
