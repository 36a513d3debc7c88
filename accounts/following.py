"""Where to go next: the address that a page was asked to lead on to."""

from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def following(request: HttpRequest, *, otherwise: str) -> str:
    """Return `next` of the form or the address where it stays on this site, else `otherwise`."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    return resolve_url(otherwise)
