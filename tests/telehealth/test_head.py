"""A HEAD is answered like a GET, and leaves no trace: nothing is begun by it, and nothing read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appointments import attendance
from appointments.models import Appointment
from messaging import messages, threads
from tests.factories import NINE, NOW
from tests.telehealth.test_intake import clock, holding, make_card, make_hold, sign_consents

WRITES = ("INSERT", "UPDATE", "DELETE")

__all__ = ["clock"]  # the fixture: it is Tuesday


@pytest.fixture
def ready(alice, sign_in):
    return holding(sign_in(alice.user), "visitor")


def writes_of(client, address):
    """The status of a HEAD, and what it wrote but for the session."""
    with CaptureQueriesContext(connection) as queries:
        response = client.head(address)
    written = [q["sql"] for q in queries if q["sql"].startswith(WRITES)]
    return response.status_code, [sql for sql in written if "django_session" not in sql]


@pytest.mark.parametrize("name", ["accounts:about_you", "care:consents", "billing:card"])
def test_the_pages_of_a_patient(ready, name):
    assert writes_of(ready, reverse(name)) == (200, [])


def test_the_review(ready, alice, dr_bob):
    sign_consents(alice)
    make_card(alice)
    held = make_hold(dr_bob)

    assert writes_of(ready, reverse("booking_review", args=[held.id])) == (200, [])
    assert Appointment.objects.get().status == "held"


def test_a_thread(visit, dr_bob, alice, sign_in):
    thread = threads.open_for(visit, now=NOW)
    messages.send(thread=thread, by=dr_bob.user, now=NOW, message_id=visit.id, body="Hello")

    seen = writes_of(sign_in(alice.user), reverse("messaging:thread", args=[thread.id]))

    assert seen == (200, [])


@pytest.mark.parametrize("name", ["video:room_check_in", "video:room", "video:room_left"])
def test_the_door(visit, alice, sign_in, clock, name):
    clock.move_to(NINE)

    assert writes_of(sign_in(alice.user), reverse(name, args=[visit.id])) == (200, [])


def test_a_note(visit, dr_bob, sign_in, clock):
    clock.move_to(NINE)
    attendance.record_arrival(appointment=visit, now=NINE)

    assert writes_of(sign_in(dr_bob.user), reverse("care:note", args=[visit.id])) == (200, [])


def test_the_page_for_a_test_card(ready, settings):
    settings.STRIPE_SIMULATOR = True
    settings.STRIPE_WEBHOOK_SECRET = "whsec"
    page = ready.post(reverse("billing:card"))["Location"]

    assert writes_of(ready, page) == (200, [])
