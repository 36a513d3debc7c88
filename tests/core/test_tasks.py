"""Waking a worker must never hold up the deed that asks for it."""

import os
import socket
import subprocess
import sys

import pytest

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
