"""
Time the start of a visit: `python -m bench.video [ROUNDS]`.

admit_ms  from the press on Admit until both people, in two browser contexts, see the first frame;
          the connection was prepared in the lobby, as always
raw_ms    from the first offer until both first frames of two RTCPeerConnections in one page,
          without any signalling: what the browser can do at best

The two alternate, so that a busy machine slows both. The bar is a ratio of medians <= 1.5.
"""

import importlib
import json
import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from tests import server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
server.prepare_environment()

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test.utils import get_runner
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.models import Practice, User
from appointments.models import Appointment
from sessions import arrival, opening
from tests import factories
from tests.live_site import FLAGS, serving, wait_until
from tests.signing_in import cookie_of, signed_in
from tests.tools import chromium

ROUNDS = 12
PICTURE = {"width": {"ideal": 1280}, "height": {"ideal": 720}, "frameRate": {"ideal": 24}}

# Notes the moment of the press, and of the first frame that is really shown.
WATCH = """
addEventListener("DOMContentLoaded", () => {
  const now = () => performance.timeOrigin + performance.now();
  addEventListener("click", () => { window.pressedAt = now(); }, { capture: true, once: true });
  document.querySelector("[data-remote]").requestVideoFrameCallback(() => {
    window.seenAt = now();
  });
});
"""

RAW = """
async (picture) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: picture });
  const pair = [new RTCPeerConnection(), new RTCPeerConnection()];
  const shown = pair.map((peer, index) => new Promise((resolve) => {
    peer.onicecandidate = ({ candidate }) => pair[1 - index].addIceCandidate(candidate);
    peer.ontrack = ({ track }) => {
      if (track.kind === "video") {
        const video = document.body.appendChild(document.createElement("video"));
        video.muted = video.autoplay = true;
        video.srcObject = new MediaStream([track]);
        video.requestVideoFrameCallback(resolve);
      }
    };
  }));
  const started = performance.now();
  for (const peer of pair) {
    stream.getTracks().forEach((track) => peer.addTrack(track, stream));
  }
  await pair[0].setLocalDescription();
  await pair[1].setRemoteDescription(pair[0].localDescription);
  await pair[1].setLocalDescription();
  await pair[0].setRemoteDescription(pair[1].localDescription);
  await Promise.all(shown);
  const taken = performance.now() - started;
  pair.forEach((peer) => peer.close());
  stream.getTracks().forEach((track) => track.stop());
  return taken;
}
"""


def run(rounds: int) -> dict[str, object]:
    with site() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        practice = factories.make_practice()
        admit, raw = [], []
        for number in range(rounds):
            admit.append(admission_ms(browser, address, make_meeting(practice, number)))
            raw.append(raw_ms(browser, address))
        browser.close()
    return {
        "admit_ms": figures(admit),
        "raw_ms": figures(raw),
        "ratio": round(statistics.median(admit) / statistics.median(raw), 2),
        "load_average": round(os.getloadavg()[0], 2),
    }


@contextmanager
def site() -> Iterator[str]:
    """A site on a database of its own, with its static files as in production."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    runner = get_runner(settings)(verbosity=0, interactive=False)
    runner.setup_test_environment()
    runner.setup_databases()  # replaces what an earlier run left; this one's stays for the next
    # The web entry lists the static files when it is imported, so not before they are there.
    with serving(importlib.import_module("telehealth.asgi").application) as address:
        yield address


@dataclass(frozen=True)
class Meeting:
    visit: Appointment
    patient: User
    provider: User


def make_meeting(practice: Practice, number: int) -> Meeting:
    """A visit in five minutes of two new people, of whom the patient has checked in."""
    provider = factories.make_provider(practice, f"Bob{number} Ray")
    patient = factories.make_patient(practice, f"Alice{number} Doe")
    now = timezone.now()
    visit = factories.make_visit(provider, patient, starts_at=now + timedelta(minutes=5))
    arrival.check_in(
        session=opening.open_room(appointment=visit, now=now),
        by=patient.user,
        state="IL",
        address="12 Elm Street",
        is_at_home=True,
        callback_phone="312-555-0123",
        is_private=True,
        now=now,
    )
    return Meeting(visit, patient.user, provider.user)


def admission_ms(browser: Browser, address: str, meeting: Meeting) -> float:
    people = (meeting.patient, meeting.provider)
    patient, provider = pages = [enter(browser, address, p, meeting.visit) for p in people]
    wait_until(lambda: all(state(page) == "connected" for page in pages))
    patient.wait_for_timeout(1000)  # the lobby is quiet, as it would be
    provider.get_by_role("button", name="Admit").click()
    wait_until(lambda: all(page.evaluate("window.seenAt > 0") for page in pages))
    seen_at = max(page.evaluate("window.seenAt") for page in pages)
    taken = seen_at - provider.evaluate("window.pressedAt")
    for page in pages:
        page.context.close()
    return float(taken)


def enter(browser: Browser, address: str, user: User, visit: Appointment) -> Page:
    context = browser.new_context(base_url=address)
    name, cookie = settings.SESSION_COOKIE_NAME, cookie_of(signed_in(user))
    context.add_cookies([{"name": name, "value": cookie, "url": address}])
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"/visits/{visit.id}/room/")
    return page


def state(page: Page) -> str:
    return str(page.locator("video-room").evaluate("room => room.stats()")["state"])


def raw_ms(browser: Browser, address: str) -> float:
    page = browser.new_page()
    page.goto(f"{address}/healthz")  # any page that may use the camera
    taken = page.evaluate(RAW, PICTURE)
    page.close()
    return float(taken)


def figures(times: list[float]) -> dict[str, object]:
    return {
        "median": round(statistics.median(times)),
        "least": round(min(times)),
        "most": round(max(times)),
        "n": len(times),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(int(sys.argv[1]) if sys.argv[1:] else ROUNDS), indent=2) + "\n")
