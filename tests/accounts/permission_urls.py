"""The site with a few pages more, one of which was never classified."""

from django.http import HttpResponse
from django.urls import path

from accounts.models import Membership
from accounts.permissions import PATIENT, PROVIDER, PUBLIC, SIGNED_IN, policy
from telehealth import urls

Role = Membership.Role


def forgotten(_request):
    return HttpResponse("here")


def page_for(*audience):
    """A function of its own for each, as each carries its own mark."""
    return policy(*audience)(lambda _request: HttpResponse("here"))


tried = [
    path("try/forgotten/", forgotten),
    path("try/public/", page_for(PUBLIC)),
    path("try/members/", page_for(SIGNED_IN)),
    path("try/patients/", page_for(PATIENT)),
    path("try/providers/", page_for(PROVIDER)),
    path("try/books/", page_for(Role.BILLING, Role.ADMIN)),
]
urlpatterns = [*tried, *urls.urlpatterns]
handler404 = urls.handler404
