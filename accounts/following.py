"""Where to go next: the address that a page was asked to lead on to."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode


def wanted(request: HttpRequest) -> str:
    """Return `next` of the form or of the address; "" if there is none, or it leaves this site.

    Only a path counts. A word would do as the name of a page where Django resolves what it
    redirects to; so redirect to this with HttpResponseRedirect.
    """
    address = request.POST.get("next") or request.GET.get("next", "")
    stays = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if stays and address.startswith("/") else ""


def following(request: HttpRequest, *, otherwise: str) -> str:
    """Return `wanted`, or the page named `otherwise`."""
    return wanted(request) or reverse(otherwise)


def leading(page: str, *, to: str) -> str:
    """Return the address of the page named `page`, which is to lead on to `to`, if to anywhere."""
    return f"{reverse(page)}?{urlencode({'next': to})}" if to else reverse(page)
