"""Waking a worker must never hold up the deed that asks for it."""

import os
import socket
import subprocess
import sys

import pytest
import time_machine

from core import duties, outbox, tasks
from core.policy import SYSTEM, serves
from tests.factories import HOUR, NOW

WAKE = """
import time, django
django.setup()
from core import tasks
tasks.wake()  # the first makes Celery load its parts
started = time.monotonic()
tasks.wake()
print(time.monotonic() - started)
"""


@pytest.fixture
def port():
    """A port at which somebody listens and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield listener.getsockname()[1]


def seconds_to_wake(broker: str) -> float:
    environment = os.environ | {
        "CELERY_BROKER_URL": broker,
        "DJANGO_SETTINGS_MODULE": "telehealth.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", WAKE], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def test_a_broker_that_hangs_costs_about_a_second_at_most(port):
    assert seconds_to_wake(f"redis://127.0.0.1:{port}/0") < 2


def test_a_broker_that_is_gone_costs_nothing():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        broker = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"

    assert seconds_to_wake(broker) < 1


def test_each_duty_of_a_sweep_gets_the_time_at_which_it_begins(db, monkeypatch):
    seen = []
    with time_machine.travel(NOW, tick=False) as clock:

        @serves(SYSTEM)
        def take_an_hour(_payload, now):
            seen.append(now)
            clock.shift(HOUR)

        monkeypatch.setitem(duties.HANDLERS, "test", take_an_hour)
        for key in "ab":
            outbox.enqueue("test", key=key, payload={}, due_at=NOW)
        tasks.sweep_outbox()

    assert seen == [NOW, NOW + HOUR]


def test_a_sweep_that_leaves_something_asks_for_the_next(db, monkeypatch):
    woken, done = [], []
    monkeypatch.setattr(duties, "MOST_A_SWEEP", 2)
    monkeypatch.setattr(tasks.sweep_outbox, "delay", lambda: woken.append(len(done)))
    monkeypatch.setitem(
        duties.HANDLERS, "test", serves(SYSTEM)(lambda payload, _now: done.append(payload))
    )
    for key in "abc":
        outbox.enqueue("test", key=key, payload={}, due_at=NOW)

    with time_machine.travel(NOW, tick=False):
        tasks.sweep_outbox()
        tasks.sweep_outbox()

    assert (woken, len(done)) == ([2], 3)
