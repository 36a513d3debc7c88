"""The cast: alice the patient, dr_bob her provider, carol another, mallory a stranger,
kit a child."""

import gc
import os
from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.db.backends.signals import connection_created
from servestatic.middleware import ServeStaticMiddleware

from accounts.models import Membership
from tests import factories
from tests.signing_in import signed_in
from tests.web_role import step_down, step_down_from_now_on

# Each process has a folder of its own. Set here and not in a fixture: a test that imports the web
# entry makes the storage, which then keeps its folder.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
settings.STATIC_ROOT = Path(settings.DATA_DIR) / "static" / WORKER


def pytest_collection_finish():
    """What was imported and collected stays: no later look for garbage goes through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def forgetful():
    """Wait for no disk: like their database, the keys of the tests need not survive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files():
    """Collect the static files once, as a release does: pages are tested with hashed names.

    Each test client loads the middleware anew, and would look through all of them again.
    """
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    found = {}
    look = ServeStaticMiddleware.add_files_from_manifest

    def look_once(middleware):
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ServeStaticMiddleware, "add_files_from_manifest", look_once)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Make the database as its owner, then work in it with the rights of the web role."""
    with pytest.MonkeyPatch.context() as patch:
        with django_db_blocker.unblock():
            step_down_from_now_on(patch)
        yield
        connection_created.disconnect(step_down)


@pytest_asyncio.fixture
async def live_database(transactional_db):
    """Commit for real, as live events need, and leave no thread's connection behind."""
    yield
    await database_sync_to_async(connections.close_all)()


@pytest.fixture(autouse=True)
def fresh_counts(request):
    """Nobody has tried anything yet. The counts of the rate limits are in the database's cache,
    which is not a model: what a test commits there stays."""
    marker = request.node.get_closest_marker("django_db")
    is_committed = "transactional_db" in request.fixturenames or (
        marker is not None and marker.kwargs.get("transaction")
    )
    if is_committed:
        request.getfixturevalue("transactional_db")
        cache.clear()


@pytest.fixture
def practice(db):
    return factories.make_practice()


@pytest.fixture
def alice(practice):
    return factories.make_patient(practice, "Alice Doe")


@pytest.fixture
def mallory(practice):
    return factories.make_patient(practice, "Mallory Moe")


@pytest.fixture
def kit(practice):
    """A child, whose mother has the account."""
    return factories.make_patient(
        practice,
        "Kit Doe",
        date_of_birth=date(2011, 5, 4),
        guardian_name="Mary Doe",
        guardian_relation="mother",
    )


@pytest.fixture
def dr_bob(practice):
    return factories.make_provider(practice, "Bob Ray")


@pytest.fixture
def carol(practice):
    return factories.make_provider(practice, "Carol Fox")


@pytest.fixture
def biller(practice):
    return factories.make_member(practice, Membership.Role.BILLING, "biller@example.com")


@pytest.fixture
def desk(practice):
    return factories.make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com")


@pytest.fixture
def visit(dr_bob, alice):
    """A booked visit of alice with dr_bob, Thursday at 9:00 in Chicago."""
    return factories.make_visit(dr_bob, alice)


@pytest.fixture
def sign_in():
    """Return a function that opens a client of somebody who is signed in."""
    return signed_in


@pytest.fixture
def open_here(settings):
    """The operator has opened this machine, and plain http, so that a test can be asked."""
    settings.OUTGOING_HTTP, settings.OUTGOING_NETWORKS = True, [ip_network("127.0.0.1/32")]
