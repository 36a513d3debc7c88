"""Open pages of a provider and of her front desk hear of each change, when it is committed."""

import json

import psycopg
import pytest
from django.db import connection

from appointments import attendance, booking
from core.events import CHANNEL
from tests.factories import NINE, NOW


@pytest.fixture
def heard(transactional_db):
    """Return a function that tells what was heard since it was last asked."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")

        def ask():
            return [json.loads(notice.payload) for notice in listener.notifies(timeout=0.5)]

        yield ask


def test_a_day_hears_of_a_booking_an_arrival_the_end_and_a_cancellation(
    heard, visit, dr_bob, alice
):
    def change(appointment):
        event = {"type": "day.changed", "appointment": str(appointment.id)}
        topics = (f"day.{dr_bob.pk}", f"desk.{dr_bob.practice_id}")
        return [{"topic": topic, "event": event} for topic in topics]

    start = NINE.replace(hour=18)
    held = booking.hold(provider=dr_bob, starts_at=start, holder="h1", state="IL", now=NOW)
    assert heard() == []

    booked = booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)
    assert heard() == change(booked)

    attendance.record_arrival(appointment=visit, now=NINE)
    attendance.complete(appointment=visit, by=dr_bob.user, now=NINE)
    assert heard() == change(visit) * 2

    booking.cancel(appointment=booked, by=alice.user, now=NOW)
    assert heard() == change(booked)
