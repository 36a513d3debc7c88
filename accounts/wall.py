"""The wall around the site: what nobody has classified is not there, and the rest has its doors."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_resolver

from accounts.permissions import is_public, may_enter
from core.policy import policy_of


class WallMiddleware(LoginRequiredMiddleware):
    """Deny by default. `login_required` of Django is not asked: a view's policy says it.

    Who comes to a public page is not asked either: that would ask the database.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
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


def not_there(request: HttpRequest) -> HttpResponseBase:
    """The same answer as for an address that does not exist, in development too."""
    page: Callable[..., HttpResponseBase] = get_resolver().resolve_error_handler(404)
    return page(request, exception=None)
