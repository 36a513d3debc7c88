"""Goal row 23: whose certificate is not the one that the other side named gets no picture."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sessions.models import VideoSession
from tests.factories import make_visit
from tests.journeys.test_room import check_in, come_in, stats, status, wait_until_seen

pytestmark = pytest.mark.journey

FINGERPRINT = re.compile(r"(a=fingerprint:sha-256 )([0-9A-F:]+)")


@pytest.fixture
def visit(dr_bob, alice):
    return make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(minutes=5))


def another(found):
    """The fingerprint of somebody else's certificate."""
    return found[1] + ":".join(f"{255 - int(pair, 16):02X}" for pair in found[2].split(":"))


def tamper(page, until=()):
    """Whoever sits on the way puts another fingerprint into what this page is sent."""
    replaced = []

    def on_socket(route):
        server = route.connect_to_server()

        def pass_on(message):
            frame = json.loads(message)
            if frame["t"] == "desc" and not until:
                frame["sdp"], count = FINGERPRINT.subn(another, frame["sdp"])
                replaced.append(count)
            route.send(json.dumps(frame))

        server.on_message(pass_on)

    page.route_web_socket("**/ws/session/**", on_socket)
    return replaced


def test_a_certificate_that_was_not_named_is_refused_and_said(page_for, alice, dr_bob, visit, axe):
    patient, provider = page_for(alice.user), page_for(dr_bob.user)
    replaced = tamper(patient)
    check_in(patient, visit)
    come_in(patient, visit)
    come_in(provider, visit)

    provider.get_by_role("button", name="Admit Alice Doe").click()

    other = {patient: "Bob Ray", provider: "Alice Doe"}
    for page, name in other.items():
        words = f"We could not make sure that only {name} is at the other end, so nothing was sent."
        expect(status(page)).to_contain_text(words)
        axe(page)
    patient.wait_for_timeout(6000)  # another try, which is refused as well
    assert len(replaced) > 1
    for page in other:
        assert stats(page)["state"] != "connected"
        assert (stats(page)["framesReceived"], stats(page)["packetsReceived"]) == (0, 0)
        assert not page.get_by_text("Connected.", exact=True).is_visible()
    assert VideoSession.objects.get().live_at is None


def test_they_meet_once_nobody_is_in_between(page_for, alice, dr_bob, visit):
    patient, provider = page_for(alice.user), page_for(dr_bob.user)
    is_gone = []
    tamper(patient, until=is_gone)
    check_in(patient, visit)
    come_in(patient, visit)
    come_in(provider, visit)
    provider.get_by_role("button", name="Admit Alice Doe").click()
    expect(status(patient)).to_contain_text("We could not make sure")

    is_gone.append(True)

    for page in (patient, provider):
        expect(status(page)).to_have_text("Connected.")
        wait_until_seen(page)
