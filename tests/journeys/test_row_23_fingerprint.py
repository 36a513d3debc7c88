"""Goal row 23: whose certificate is not the one that the other side named gets no picture."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.models import AuditEvent
from sessions.models import VideoSession
from tests.factories import make_visit
from tests.journeys.test_room import check_in, come_in, meet, stats, status, wait_until_seen
from tests.live_site import wait_until

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


def digits(page):
    page.get_by_text("Only the two of you can see and hear this.").click()
    shown = page.locator("[data-code]")
    expect(shown).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    return shown.text_content()


def test_both_read_the_same_digits_and_say_so(page_for, alice, dr_bob, visit, axe):
    patient, provider = page_for(alice.user), page_for(dr_bob.user)
    meet(patient, provider, visit)

    assert digits(patient) == digits(provider)
    axe(patient)
    patient.get_by_role("button", name="They are the same").click()

    expect(patient.get_by_text("You have compared them.")).to_be_visible()
    expect(patient.get_by_role("button", name="They differ")).to_be_hidden()
    wait_until_seen(patient)
    axe(patient)

    # And: it holds while both pages stay, and is asked again of a page that is another
    provider.reload()
    expect(patient.get_by_text("Please compare the digits again.")).to_be_visible()
    expect(patient.get_by_role("button", name="They differ")).to_be_visible()
    assert digits(provider) == patient.locator("[data-code]").text_content()
    axe(patient)


def test_who_reads_other_digits_breaks_off_on_both_sides(page_for, alice, dr_bob, visit, axe):
    patient, provider = page_for(alice.user), page_for(dr_bob.user)
    meet(patient, provider, visit)
    digits(patient)

    patient.get_by_role("button", name="They differ").click()

    for page in (patient, provider):
        expect(page.get_by_role("heading", level=1)).to_have_text("Somebody may be in between")
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        assert stats(page)["state"] == "closed"
        axe(page)
    wait_until(lambda: VideoSession.objects.get().parted_at)
    assert AuditEvent.objects.filter(action="video.differed", by_id=alice.user.pk).exists()

    for page in (patient, provider):
        page.get_by_role("button", name="Try again").click()
    for page in (patient, provider):
        expect(status(page)).to_have_text("Connected.")
        wait_until_seen(page)
    assert digits(patient) == digits(provider)


def test_a_number_that_was_changed_on_its_way_breaks_off(page_for, alice, dr_bob, visit):
    patient, provider = page_for(alice.user), page_for(dr_bob.user)
    change_reveal(patient)
    check_in(patient, visit)
    come_in(patient, visit)
    come_in(provider, visit)

    for page in (patient, provider):
        expect(page.get_by_role("heading", level=1)).to_have_text("Somebody may be in between")
        assert stats(page)["packetsReceived"] == 0


def change_reveal(page):
    """Whoever sits on the way wants other digits: the number was bound before."""

    def on_socket(route):
        server = route.connect_to_server()

        def pass_on(message):
            frame = json.loads(message)
            if frame["t"] == "reveal":
                frame["number"] = "0" * 64
            route.send(json.dumps(frame))

        server.on_message(pass_on)

    page.route_web_socket("**/ws/session/**", on_socket)
