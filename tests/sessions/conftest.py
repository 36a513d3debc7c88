"""A visit that is about to begin: `room` is open, alice has checked in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sessions import arrival, opening
from tests import factories

NOW = timezone.now()  # sockets read the real clock, so the visits are of today
HOME = {
    "state": "IL",
    "address": "12 Elm Street, Springfield",
    "is_at_home": True,
    "callback_phone": "312-555-0123",
    "is_private": True,
}


@pytest.fixture
def visit(dr_bob, alice):
    """A booked visit of alice with dr_bob that starts in ten minutes."""
    return factories.make_visit(dr_bob, alice, starts_at=NOW + timedelta(minutes=10))


@pytest.fixture
def room(visit):
    return opening.open_room(appointment=visit, now=NOW)


@pytest.fixture
def checked_in(room, alice):
    return arrival.check_in(session=room, by=alice.user, now=NOW, **HOME)
