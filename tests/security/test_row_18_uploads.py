"""Goal row 18: of hostile files none is shown by a browser, and none costs more than its limits.

Each is sent as a patient would, checked by the worker with a virus scanner beside it, and asked for
by both people of the thread.
"""

import os
import resource
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT
from django.urls import reverse

from core import duties
from messaging import cleaner, threads
from messaging.limits import MOST_BYTES
from messaging.models import Attachment, Message
from tests import clamd, uploads
from tests.factories import NOW
from tests.security.hostile_files import CLEANED, FILES, HELD, PDF, REFUSED

SECONDS = cleaner.WALL_SECONDS
MEBIBYTE = 1024 * 1024
BY_NAME = {file.what: file for file in FILES}
BOUNDARY = "BoUnDaRyStRiNg"


@pytest.fixture(scope="module")
def scanner(tmp_path_factory):
    with clamd.scanning(tmp_path_factory.mktemp("clamd")) as socket:
        yield socket


@pytest.fixture
def guarded(settings, scanner, tmp_path):
    settings.CLAMD_SOCKET, settings.ATTACHMENTS_DIR = scanner, tmp_path / "attachments"


@pytest.fixture
def thread(visit):
    return threads.open_for(visit, now=NOW)


def send(client, thread, hostile, content):
    """Post the form byte by byte: a well-meaning client would clean the name."""
    quoted = hostile.name.encode().replace(b'"', b"%22").replace(b"\r\n", b"%0D%0A")
    parts = [
        b'Content-Disposition: form-data; name="message_id"\r\n\r\n' + str(uuid.uuid4()).encode(),
        b'Content-Disposition: form-data; name="body"\r\n\r\nLook at this',
        b'Content-Disposition: form-data; name="uploads"; filename="%b"\r\n' % quoted
        + b"Content-Type: %b\r\n\r\n%b" % (hostile.declared.encode(), content),
    ]
    edge = f"--{BOUNDARY}".encode()
    body = b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"
    address = reverse("messaging:thread", args=[thread.id])
    return client.generic("POST", address, body, content_type=MULTIPART_CONTENT)


def check_all():
    """Let the worker do what is due, by a clock that is far enough on."""
    duties.sweep(now=NOW + timedelta(days=1))


@pytest.mark.parametrize("what", BY_NAME)
def test_a_hostile_file_is_refused_or_made_harmless(what, thread, alice, dr_bob, sign_in, guarded):
    hostile = BY_NAME[what]
    hers, began = sign_in(alice.user), time.monotonic()

    answer = send(hers, thread, hostile, hostile.make())
    check_all()

    assert time.monotonic() - began < SECONDS
    if hostile.becomes == REFUSED:
        assert (answer.status_code, Message.objects.count()) == (422, 0)
        assert "Look at this" in answer.content.decode()
        return
    attachment = Attachment.objects.get()
    assert answer.status_code == 302
    assert attachment.status == ("clean" if hostile.becomes == CLEANED else "refused")
    for person in (alice, dr_bob):
        served = sign_in(person.user).get(reverse("messaging:attachment", args=[attachment.pk]))
        if hostile.becomes == HELD:
            assert served.status_code == 404
        else:
            assert_harmless(served, hostile)


def assert_harmless(served, hostile):
    """To be saved under a plain name, as the kind it was sent as, with nothing of `gone` in it."""
    content = uploads.plain(served.content) if hostile.declared == PDF else served.content
    assert [word for word in hostile.gone if word in content] == []
    assert served.headers["Content-Type"] == hostile.declared
    assert served.headers["Content-Disposition"].startswith("attachment;")
    assert served.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in served.headers["Cache-Control"]
    assert set(served.headers["Content-Disposition"]) & set("\r\n\\/<>\u202e") == set()


def test_there_are_enough_of_them_and_of_each_outcome():
    assert len(FILES) == len(BY_NAME) >= 60
    for becomes in (REFUSED, HELD, CLEANED):
        assert len([file for file in FILES if file.becomes == becomes]) >= 10


def test_the_memory_of_the_site_stays_as_it_was(thread, alice, sign_in, guarded):
    hers, most = sign_in(alice.user), BY_NAME["a PNG of zeros that just fits"]
    content = most.make()
    send(hers, thread, most, content)
    check_all()
    before = resident()

    for _ in range(5):
        send(hers, thread, most, content)
    check_all()

    assert resident() - before < 32 * MEBIBYTE
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 <= cleaner.MEMORY


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_files_lie_where_no_address_leads_and_tell_nothing(
    thread, alice, sign_in, guarded, settings
):
    words = b"I have told nobody of this."
    file = SimpleUploadedFile("diary-of-alice.txt", words, "text/plain")
    form = {"message_id": str(uuid.uuid4()), "body": "Look", "uploads": [file]}

    sign_in(alice.user).post(reverse("messaging:thread", args=[thread.id]), form)
    check_all()

    (kept, *_more) = files = sorted(Path(settings.ATTACHMENTS_DIR).iterdir())
    assert len(files) == 2  # as it was sent, until it is swept; and as it is passed on
    for one in files:
        assert (one.stat().st_mode & 0o777, words in one.read_bytes()) == (0o600, False)
        assert "alice" not in one.name
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert settings.STATIC_ROOT not in kept.parents


def test_the_largest_file_that_fits_is_passed_on_whole(thread, alice, sign_in, guarded):
    content = b"0123456789abcde\n" * (MOST_BYTES // 16)
    file = SimpleUploadedFile("notes.txt", content, "text/plain")
    client, form = sign_in(alice.user), {"message_id": str(uuid.uuid4()), "body": "Look"}

    client.post(reverse("messaging:thread", args=[thread.id]), form | {"uploads": [file]})
    check_all()

    served = client.get(reverse("messaging:attachment", args=[Attachment.objects.get().pk]))
    assert (len(served.content), served.content == content) == (MOST_BYTES, True)
