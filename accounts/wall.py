"""The wall around the site: what nobody has classified is not there, and the rest has its doors.

Staff comes to nothing before the second factor.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts import factors, passkey_rule, step_up
from accounts.models import User
from accounts.permissions import is_public, may_enter
from core.policy import policy_of

clock = timezone.now  # noqa: TID251 -- a middleware, so an edge
View = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=Callable[..., Any])


class WallMiddleware(LoginRequiredMiddleware):
    """Deny by default. `login_required` of Django is not asked: a view's policy says it.

    Who comes to a public page is not asked either: that would ask the database.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: View,
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        own = policy_of(view_func)
        if own is None:
            return not_there(request)
        if is_public(own):
            return None
        if not request.user.is_authenticated:
            return self.handle_no_permission(request, view_func)
        return None if may_enter(request.user, own) else not_there(request)


def is_open(view: View) -> bool:
    """Whether nobody in particular is asked for: what is public, and what is not there."""
    own = policy_of(view)
    return own is None or is_public(own)


def not_there(request: HttpRequest) -> HttpResponseBase:
    """The same answer as for an address that does not exist, in development too."""
    page: Callable[..., HttpResponseBase] = get_resolver().resolve_error_handler(404)
    return page(request, exception=None)


def before_factor(view: V) -> V:
    """Mark a view that staff may open without the second factor: those that lead to one."""
    view.is_before_factor = True  # type: ignore[attr-defined]  # a mark, as Django's decorators make
    return view


class FactorWallMiddleware:
    """Staff without a second factor is led to set one up, and asked for it where there is one; and
    to add a passkey, where the role takes that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, *_arguments: Any
    ) -> HttpResponseBase | None:
        if is_open(view) or getattr(view, "is_before_factor", False):
            return None
        user = request.user
        if not isinstance(user, User):
            return None
        if factors.is_missing(request, user):
            return lead(request, user)
        if passkey_rule.is_due(request, user, now=clock()):
            return HttpResponseRedirect(reverse("accounts:second_step"))
        return None


def lead(request: HttpRequest, user: User) -> HttpResponse:
    """To where the second factor is shown, or set up."""
    if factors.has_one(user):
        return step_up.ask(request)
    return HttpResponseRedirect(reverse("accounts:second_step"))
