"""A real site for a real browser: uvicorn in a thread, static files as in production, Chromium.

`site` is the address, `page_for(user)` a page of somebody signed in, each in a context of their
own, as if on a computer of their own.
"""

import gc
import importlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from appointments import attendance
from care import notes
from telehealth.celery import app as celery
from tests.factories import make_visit
from tests.live_site import FLAGS, PATIENCE, serving
from tests.security.sinks import found
from tests.signing_in import cookie_of, signed_in
from tests.tools import chromium

# What the stories tell about patients; goal row 25 has a story of its own.
OF_THE_CAST = ["Alice Doe", "Sam Doe", "12 Elm Street", "312-555-0123", "1991-05-04"]

expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A page that is left while it loads makes servestatic forget an open file."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"))


@pytest.fixture(scope="session")
def application(static_files):
    """The web entry, loaded after the static files: the server lists them when it is made."""
    return importlib.reload(importlib.import_module("telehealth.asgi")).application


@pytest.fixture
def site(transactional_db, application) -> Iterator[str]:
    """The address of a running site. Jobs are done at once, so that mail is there to be read."""
    with serving(application) as address:
        celery.conf.task_always_eager = True
        yield address
        celery.conf.task_always_eager = False
    gc.collect()  # here, where what servestatic forgot is forgiven


@pytest.fixture(scope="module")  # with a longer life, its event loop gets in pytest-asyncio's way
def browser() -> Iterator[Browser]:
    path = chromium()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the tests use the ORM beside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
        connections.close_all()  # beside Playwright's loop the thread has connections of its own


@pytest.fixture
def new_context(site, browser, caplog) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens a browser of somebody's own; options as in Playwright."""
    contexts: list[BrowserContext] = []
    uncaught: list[str] = []
    addresses: list[str] = []

    def open_context(**options: object) -> BrowserContext:
        context = browser.new_context(**{"base_url": site} | options)
        context.set_default_timeout(PATIENCE * 1000)
        context.on("weberror", lambda error: uncaught.append(str(error.error)))
        context.on("request", lambda request: addresses.append(request.url))
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()
    assert uncaught == [], "a script on a page failed"
    told = "\n".join([*addresses, caplog.text])
    assert found(OF_THE_CAST, told) == [], "an address or the log tells about a patient"


@pytest.fixture
def page_for(new_context, site) -> Callable[..., Page]:
    """Return a function that opens a page as `user`, or as nobody for None."""

    def open_page(user: object, **options: object) -> Page:
        context = new_context(**options)
        if user is not None:
            cookie = cookie_of(signed_in(user))
            name, address = settings.SESSION_COOKIE_NAME, options.get("base_url", site)
            context.add_cookies([{"name": name, "value": cookie, "url": address}])
        return context.new_page()

    return open_page


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return a function that fails, in words, where axe finds a fault on the page."""

    def check(page: Page) -> None:
        results = Axe().run(page, options={"preload": False})
        assert results.violations_count == 0, results.generate_report()

    return check


@pytest.fixture
def signed(site, dr_bob, alice):
    """A note of yesterday's visit, signed."""
    starts_at = timezone.now() - timedelta(days=1)
    visit = make_visit(dr_bob, alice, starts_at=starts_at)
    attendance.record_arrival(appointment=visit, now=starts_at)
    ended_at = starts_at + timedelta(minutes=48)
    facts = {"modality": "video", "patient_state": "IL", "is_at_home": True}
    attendance.record_attendance(
        appointment=visit, started_at=starts_at, ended_at=ended_at, **facts
    )
    note = notes.open_note(appointment=visit, by=dr_bob.user, now=ended_at)
    return notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=timezone.now())
