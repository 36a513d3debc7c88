"""Pages that belong to nobody and need no database."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts import permissions
from accounts.permissions import policy
from accounts.zones import timeless
from telehealth.shell import PUBLIC, frame


@policy(permissions.PUBLIC)
@timeless
@require_safe
def help_now(_request: HttpRequest) -> HttpResponse:
    """Rendered without the request: to say who is signed in would take the database."""
    return HttpResponse(render_to_string("help_now.html", frame(PUBLIC)))
