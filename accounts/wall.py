"""The wall around the site: without an account one gets to public pages only, and staff to nothing
before the second factor."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts import factors, step_up
from accounts.models import User

View = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=Callable[..., Any])


def is_public(view: View) -> bool:
    return not getattr(view, "login_required", True)


class WallMiddleware(LoginRequiredMiddleware):
    """Django's own, but that it does not ask who comes to a public page: that asks the database."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: View,
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if is_public(view_func):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


def before_factor(view: V) -> V:
    """Mark a view that staff may open without the second factor: those that lead to one."""
    view.is_before_factor = True  # type: ignore[attr-defined]  # a mark, as Django's decorators make
    return view


class FactorWallMiddleware:
    """Staff without a second factor is led to set one up, and asked for it where there is one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, *_arguments: Any
    ) -> HttpResponseBase | None:
        if is_public(view) or getattr(view, "is_before_factor", False):
            return None
        user = request.user
        if isinstance(user, User) and factors.is_missing(request, user):
            return lead(request, user)
        return None


def lead(request: HttpRequest, user: User) -> HttpResponse:
    """To where the second factor is shown, or set up."""
    if factors.has_one(user):
        return step_up.ask(request)
    return HttpResponseRedirect(reverse("accounts:second_step"))
