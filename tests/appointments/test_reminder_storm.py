"""1,200 reminders that are due at once leave within five minutes, once each, though the worker is
killed twice meanwhile.

"Once" as far as SMTP knows it: a worker that dies between the mail server's 250 and its own commit
has sent a letter that the next worker sends again. It carries the same Message-ID, so a mailbox
keeps one; and of the letters in a worker's hands at a kill there are as many as it has threads.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from appointments import delivery, reminders
from core.models import Duty
from tests.factories import make_patient, make_practice, make_provider, make_visit
from tests.keys import hand_over

REMINDERS = 1_200
PROVIDERS, PATIENTS = 30, 40
BAR_SECONDS = 300
THREADS = 4  # as `serve` runs it
KILLED_AFTER = (300, 700)  # letters
DAY = timedelta(days=1)


@pytest.fixture
def sink(tmp_path):
    """A mail server in a process of its own. Yields its port and the file in which it writes."""
    file = tmp_path / "message-ids"
    file.touch()
    command = [sys.executable, "-m", "tests.smtp_sink", str(file)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield int(server.stdout.readline()), file
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture
def environment(sink, tmp_path, settings):
    address, database = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    before, _, _options = address.partition("?")
    here = address.replace(before, f"{before.rpartition('/')[0]}/{database}", 1)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "telehealth.settings",
        "CELERY_BROKER_URL": "filesystem://",
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": here,
        "EMAIL_URL": f"smtp://127.0.0.1:{sink[0]}",
    }


@contextmanager
def working(environment):
    """A worker, and what wakes it: it starts anew until the block is left."""
    hand_over(Path(environment["DATA_DIR"]))
    celery = [sys.executable, "-m", "celery", "-A", "telehealth"]
    options = ["-P", "threads", "-c", str(THREADS), "-l", "error"]
    quiet = ["--without-gossip", "--without-mingle"]
    beat = subprocess.Popen([*celery, "beat", "-l", "error", "--pidfile="], env=environment)
    running = [subprocess.Popen([*celery, "worker", *options, *quiet], env=environment)]

    def kill():
        running[0].send_signal(signal.SIGKILL)
        running[0].wait()
        running[0] = subprocess.Popen([*celery, "worker", *options, *quiet], env=environment)

    try:
        yield kill
    finally:
        for process in (beat, running[0]):
            process.kill()
            process.wait()


def make_reminders(count=REMINDERS):
    """Visits in two days, whose reminders are all due now. Returns the Message-IDs they must have.

    Each hour thirty providers see thirty of the forty patients: no two visits overlap.
    """
    practice = make_practice()
    providers = [make_provider(practice, f"Bob {n}") for n in range(PROVIDERS)]
    patients = [make_patient(practice, f"P{n} Doe") for n in range(PATIENTS)]
    start = timezone.now() + 2 * DAY
    duties, wanted = [], set()
    for number in range(count):
        provider, patient = providers[number % PROVIDERS], patients[number % PATIENTS]
        visit = make_visit(
            provider, patient, starts_at=start + timedelta(hours=number // PROVIDERS)
        )
        duties.append(
            Duty(
                kind=reminders.DAYS,
                key=delivery.key(visit, "mail", "patient"),
                payload=delivery.payload(visit, "mail", "patient"),
                due_at=timezone.now(),
            )
        )
        wanted.add(delivery.message_id(reminders.DAYS, visit, "mail", "patient"))
    Duty.objects.bulk_create(duties)
    return wanted


def taken(file):
    return file.read_text().split()


def wait_for(is_so, *, until):
    while not is_so():
        assert time.monotonic() < until, "the worker did not get there in time"
        time.sleep(0.1)


@pytest.mark.journey
@pytest.mark.timeout(2 * BAR_SECONDS)
@pytest.mark.django_db(transaction=True)
def test_all_leave_in_five_minutes_each_once_though_the_worker_is_killed_twice(
    environment, sink, capsys
):
    _port, file = sink
    wanted = make_reminders()
    begun = time.monotonic()

    with working(environment) as kill:
        for count in KILLED_AFTER:
            wait_for(lambda count=count: len(taken(file)) >= count, until=begun + BAR_SECONDS)
            kill()
        is_done = Duty.objects.filter(done_at=None, kind=reminders.DAYS).exists
        wait_for(lambda: not is_done(), until=begun + BAR_SECONDS)
    seconds = time.monotonic() - begun

    counts = Counter(taken(file))
    extra = sum(counts.values()) - len(counts)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(counts)} reminders in {seconds:.0f} s, {extra} letters sent twice\n"
        )
    assert set(counts) == wanted
    assert extra <= THREADS * len(KILLED_AFTER)
    assert max(counts.values()) <= 1 + len(KILLED_AFTER)
    ends = Duty.objects.filter(kind=reminders.DAYS).values_list("error", flat=True)
    assert Counter(ends) == {"": REMINDERS}


@pytest.mark.journey
@pytest.mark.timeout(BAR_SECONDS)
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_before_it_hears_of_the_250_costs_one_letter_with_the_same_name(
    environment, sink
):
    _port, file = sink
    hold = file.with_name(f"{file.name}.hold")
    hold.touch()
    [wanted] = make_reminders(1)
    until = time.monotonic() + BAR_SECONDS / 2

    with working(environment) as kill:
        wait_for(lambda: taken(file), until=until)
        kill()
        hold.unlink()
        wait_for(lambda: Duty.objects.get(kind=reminders.DAYS).done_at, until=until)

    assert taken(file) == [wanted, wanted]
    assert Duty.objects.get(kind=reminders.DAYS).attempts_count == 1
