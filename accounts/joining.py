"""Which practice somebody comes to who signs up: that of the provider whose time she holds.

A floor above knows what is held; it registers how to find out.
"""

from collections.abc import Callable

from django.http import HttpRequest

from accounts import patients
from accounts.models import Practice

Finder = Callable[[HttpRequest], Practice | None]
_finders: list[Finder] = []


def found_by(finder: Finder) -> Finder:
    _finders.append(finder)
    return finder


def practice_for(request: HttpRequest) -> Practice:
    """Return the practice that this visitor is on the way to; who holds nothing comes to the
    first."""
    found = (finder(request) for finder in _finders)
    return next((practice for practice in found if practice), None) or patients.own_practice()
