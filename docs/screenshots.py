"""Make the screenshots of the README from a running demo practice.

    ./run                                    # in one terminal
    .venv/bin/python -m docs.screenshots     # in another; or `make screenshots`

The demo patient and the demo therapist meet for it, so it wants the half hour around their visit
of today (`seed_demo` plans one right after it ran).
"""

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.tools import chromium

FOLDER = Path(__file__).parent / "screenshots"
SIZE: ViewportSize = {"width": 1280, "height": 800}
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def person(browser: Browser, site: str, role: str = "") -> Page:
    """Open a browser of somebody's own, signed in as the first demo person of a role."""
    page = browser.new_context(base_url=site, viewport=SIZE).new_page()
    if role:
        page.goto("/account/login/")
        heading = page.get_by_role("heading", name=role, exact=True)
        heading.locator("xpath=following::button[1]").click()
        page.wait_for_url(re.compile("/(home|ledger)/"))
    return page


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png")


def meet(patient: Page, provider: Page) -> None:
    patient.get_by_role("link", name="Join the visit").click()
    patient.get_by_label("Yes").check()
    patient.get_by_label("The address where you are").fill("12 Elm Street, Chicago")
    patient.get_by_label("I am somewhere nobody else can hear me").check()
    patient.get_by_role("button", name="Continue").click()
    patient.get_by_role("link", name="Go to the waiting room").click()
    provider.get_by_role("heading", name="In the room").wait_for()
    shoot(provider, "day")
    provider.get_by_role("link", name=re.compile("Open the room")).first.click()
    provider.get_by_role("button", name=re.compile("Admit")).click()
    provider.locator("[data-remote]").wait_for(state="visible")
    provider.wait_for_timeout(3000)
    shoot(provider, "room")


def main(site: str = "http://127.0.0.1:8000") -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        visitor = person(browser, site)
        visitor.goto("/?state=IL&concern=anxiety")
        shoot(visitor, "directory")
        biller = person(browser, site, "Billing staff")
        biller.goto("/ledger/")
        shoot(biller, "ledger")
        meet(person(browser, site, "Patient"), person(browser, site, "Therapist"))


if __name__ == "__main__":
    main(*sys.argv[1:])
