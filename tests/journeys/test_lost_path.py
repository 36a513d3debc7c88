"""The path between two people breaks in the middle of their visit, and is found again.

Both sit behind firewalls that let nothing out but the way to the relay, and the relay dies: what
they send is lost for real.
"""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from core.models import AuditEvent
from sessions.models import VideoSession
from tests.factories import make_visit
from tests.journeys.test_room import energy_gained, meet, stats, status, wait_until_seen
from tests.live_site import wait_until
from tests.relay import Relay, running_relay

pytestmark = pytest.mark.journey

LONGEST_GAP_MS = 15_000  # usually 2 to 3 seconds; what is asked here is that it comes back
FIREWALL = """
  const Direct = RTCPeerConnection;
  const relayed = (configuration) => ({ ...configuration, iceTransportPolicy: "relay" });
  window.RTCPeerConnection = class extends Direct {
    constructor(configuration) {
      super(relayed(configuration));
      window.connection = this;
    }
    setConfiguration(configuration) { super.setConfiguration(relayed(configuration)); }
  };
"""
# Where the relay takes for us what the other sends: new with each allocation.
RELAYED_ADDRESS = """
  async () => {
    const stats = await window.connection.getStats();
    const transport = [...stats.values()].find(({ type }) => type === "transport");
    const pair = stats.get(transport.selectedCandidatePairId);
    const { address, port } = stats.get(pair.localCandidateId);
    return `${address}:${port}`;
  }
"""
KEEP_WORDS = """
  line => {
    window.said = [];
    const keep = () => window.said.push(line.textContent);
    new MutationObserver(keep).observe(line, { childList: true });
  }
"""
# The longest time between two frames that were really shown, from now on.
WATCH_FRAMES = """
  video => {
    let shown = 0;
    let last = performance.now();
    window.longestGap = 0;
    clearInterval(window.watching);
    window.watching = setInterval(() => {
      const { totalVideoFrames } = video.getVideoPlaybackQuality();
      if (totalVideoFrames !== shown) {
        window.longestGap = Math.max(window.longestGap, performance.now() - last);
        shown = totalVideoFrames;
        last = performance.now();
      }
    }, 20);
  }
"""


@pytest.fixture
def visit(dr_bob, alice):
    """A booked visit that starts in five minutes."""
    return make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(minutes=5))


@pytest.fixture
def relay(tmp_path, settings):
    with running_relay(tmp_path, open_inwards=True) as relay:
        settings.TURN_URLS, settings.TURN_SECRET = [relay.url], relay.secret
        yield relay


@pytest.fixture
def behind_firewall(page_for, relay):
    """Return a function that opens a page as a user, from where only the relay can be reached."""

    def open_page(user: object) -> Page:
        page = page_for(user)
        page.add_init_script(FIREWALL)
        return page

    return open_page


@pytest.fixture
def patient(behind_firewall, alice) -> Page:
    return behind_firewall(alice.user)


@pytest.fixture
def provider(behind_firewall, dr_bob) -> Page:
    return behind_firewall(dr_bob.user)


def credentials_of(page: Page) -> list[tuple[str, str]]:
    """What the site lets the page use: the kind of frame, and the user name at the relay.

    Ask before the page opens a socket.
    """
    given: list[tuple[str, str]] = []

    def keep(text: str) -> None:
        frame = json.loads(text)
        if servers := frame.get("servers") or frame.get("ice"):
            given.append((frame["t"], servers[0]["username"]))

    page.on("websocket", lambda socket: socket.on("framereceived", keep))
    return given


def what_is_said(page: Page) -> Callable[[], list[str]]:
    """Return a function that tells what the status line has said from now on, in order."""
    status(page).evaluate(KEEP_WORDS)
    return lambda: page.evaluate("window.said")


def calls_and_paths(*pages: Page) -> list[tuple[str, str]]:
    return [(told["call"], told["path"]) for told in map(stats, pages)]


def test_a_path_that_is_lost_is_told_and_found_again(
    patient, provider, visit, relay, settings, axe
):
    # Given: Alice and Dr. Bob see each other, by way of the relay
    given = [credentials_of(page) for page in (patient, provider)]
    meet(patient, provider, visit)
    before = calls_and_paths(patient, provider)
    assert [path for _, path in before] == ["relay", "relay"]

    # When: the relay dies
    said = [what_is_said(page) for page in (patient, provider)]
    relay.stop()

    # Then: both are told in words, and nobody looks at a picture that has frozen
    for page, other in ((patient, "Bob Ray"), (provider, "Alice Doe")):
        expect(status(page)).to_have_text("The connection broke. We are trying again.")
        expect(page.get_by_role("heading", level=1)).to_have_text(
            f"The connection to {other} broke"
        )
        expect(page.get_by_text(f"{other} may not see or hear you right now.")).to_be_visible()
        expect(page.locator("[data-remote]")).to_be_hidden()
        axe(page)

    # And: they were told of it before the browser noticed; where nothing else is busy, that is
    for lines, other in zip(said, ("Bob Ray", "Alice Doe"), strict=True):
        stalled = f"Nothing is arriving from {other}. We are trying again."
        broke = "The connection broke. We are trying again."
        assert lines()[:2] in ([stalled, broke], [broke])

    # When: it is back with another secret, so that only fresh credentials are let in
    settings.TURN_SECRET = relay.secret = "another"
    relay.start()

    # Then: they see and hear each other again, in the same visit
    for page in (patient, provider):
        expect(status(page)).to_have_text("Connected.")
        wait_until_seen(page)
        assert energy_gained(page) > 0
        expect(page.get_by_text("Only the two of you can see and hear this.")).to_be_visible()
    assert calls_and_paths(patient, provider) == before
    assert VideoSession.objects.get().status == "live"
    assert AuditEvent.objects.filter(action="video.live").count() == 1

    # And: each restart was made with credentials of its own
    for frames in given:
        kinds, names = zip(*frames, strict=True)
        assert set(kinds[1:]) == {"ice"}
        assert len(set(names)) == len(names) >= 2


def test_a_short_break_is_mended(patient, provider, visit, relay):
    pages = (patient, provider)
    meet(*pages, visit)

    gaps = [longest_gap(pages, relay) for _ in range(3)]

    assert min(gaps) < LONGEST_GAP_MS, gaps  # at best: other work may have slowed one
    for page in pages:
        expect(status(page)).to_have_text("Connected.")


def longest_gap(pages: tuple[Page, Page], relay: Relay) -> float:
    """Break the path for a moment. Return for how long, in milliseconds, a picture stood still.

    A picture may stand still shorter than the path was gone: what had arrived is shown on.
    """
    lost = relayed_addresses(pages)
    for page in pages:
        page.locator("[data-remote]").evaluate(WATCH_FRAMES)
    relay.stop()
    relay.start()
    wait_until(lambda: not set(lost) & set(relayed_addresses(pages)))
    for page in pages:
        wait_until_seen(page)
    return max(page.evaluate("longestGap") for page in pages)


def relayed_addresses(pages: tuple[Page, Page]) -> list[str]:
    return [page.evaluate(RELAYED_ADDRESS) for page in pages]
