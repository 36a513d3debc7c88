import uuid

import pytest

from messaging import messages, threads
from tests.factories import NOW


@pytest.fixture
def thread(visit):
    """The thread of alice and dr_bob."""
    return threads.open_for(visit, now=NOW)


@pytest.fixture
def write(thread):
    """Send a message in the thread."""

    def send(by, body="How did the week go?", *, at=NOW, message_id=None, uploads=()):
        said = {"body": body, "message_id": message_id or uuid.uuid4(), "uploads": uploads}
        return messages.send(thread=thread, by=by.user, now=at, **said)

    return send


@pytest.fixture
def files(settings, tmp_path):
    """A folder for attachments of this test alone."""
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
