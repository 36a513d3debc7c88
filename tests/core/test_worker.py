"""A duty enqueued by one process is done by a real worker in another, woken through a broker."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from core.models import Duty
from messaging import messages, threads
from tests.factories import NOW
from tests.keys import hand_over
from tests.redis import running_redis

pytestmark = pytest.mark.journey

PATIENCE = 60  # seconds; two Pythons start on a machine that may be busy
MESSAGE = "00000000-0000-4000-8000-000000000001"

ENQUEUE = """
import django
django.setup()
from django.db import transaction
from django.utils import timezone
from core import outbox
with transaction.atomic():
    outbox.enqueue(
        "notice.message", key="a", payload={"message": "%s"}, due_at=timezone.now()
    )
"""


@pytest.fixture(params=["filesystem", "redis"])
def broker(request, tmp_path):
    if request.param == "filesystem":
        yield {"CELERY_BROKER_URL": "filesystem://"}
    else:
        with running_redis(tmp_path) as url:
            yield {"CELERY_BROKER_URL": url}


@pytest.fixture
def environment(broker, tmp_path):
    """What both processes get: this test's database, a broker, and a folder for mail."""
    database = connection.settings_dict["NAME"]
    address = os.environ["DATABASE_URL"]
    return {
        **os.environ,
        **broker,
        "DJANGO_SETTINGS_MODULE": "telehealth.settings",
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": in_database(address, database),
        "EMAIL_URL": f"filemail:///{tmp_path}/mail",
    }


def in_database(address: str, name: str) -> str:
    """The same server's address with another database."""
    before, _, _options = address.partition("?")
    return address.replace(before, f"{before.rpartition('/')[0]}/{name}", 1)


@contextmanager
def working(environment):
    command = [sys.executable, "-m", "celery", "-A", "telehealth", "worker"]
    options = ["-P", "threads", "-c", "1", "-l", "warning", "--without-gossip", "--without-mingle"]
    worker = subprocess.Popen([*command, *options], env=environment)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(PATIENCE)


def enqueue(environment):
    subprocess.run(
        [sys.executable, "-c", ENQUEUE % MESSAGE], env=environment, check=True, timeout=PATIENCE
    )


def wait_for(is_so):
    give_up_at = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < give_up_at, "the worker did not do the duty"
        time.sleep(0.1)


@pytest.mark.timeout(3 * PATIENCE)
@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_and_does_the_duty(environment, visit, dr_bob, tmp_path):
    messages.send(
        thread=threads.open_for(visit, now=NOW),
        body="How did the week go?",
        message_id=MESSAGE,
        by=dr_bob.user,
        now=NOW,
    )
    Duty.objects.all().delete()  # the one that the message made; this test asks for its own
    hand_over(tmp_path / "data")

    with working(environment):
        enqueue(environment)
        wait_for(lambda: Duty.objects.get(key="a").done_at)

    mail = [Path(file).read_text() for file in (tmp_path / "mail").iterdir()]
    assert ["To: alice@example.com" in text for text in mail] == [True]
