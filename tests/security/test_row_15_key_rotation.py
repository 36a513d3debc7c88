"""Goal row 15: the keys are wrapped anew while the site reads and writes, without one error."""

import os
import subprocess
import sys
import threading
import time
import uuid

import pytest
from django.core.management import call_command
from django.db import connections

from accounts.models import Patient
from core import keyring, keystore
from tests.factories import make_patient
from tests.house.repository import ROOT

OLD, NEW = keyring.generate("2026"), keyring.generate("2027")
PATIENTS, TRAFFIC = 40, 6
MANY = 400  # keys, for a process that is killed among them


@pytest.fixture
def store(tmp_path, settings):
    settings.KEYS_DIR = tmp_path / "keys"
    settings.KEY_WRAPPER = keyring.parse(OLD)
    return settings.KEYS_DIR


def versions(store):
    return {path.read_bytes().partition(b" ")[0].decode() for path in store.glob("*.key")}


@pytest.mark.django_db(transaction=True)
def test_rotation_under_load_has_no_error(store, practice, settings):
    patients = [make_patient(practice, f"P{n} Doe") for n in range(PATIENTS)]
    settings.KEY_WRAPPER = keyring.parse(f"{NEW},{OLD}")
    with traffic(patients) as outcomes:
        call_command("rotate_keys", verbosity=0)
        wait_for(outcomes, len(outcomes) + 2 * TRAFFIC)

    settings.KEY_WRAPPER = keyring.parse(NEW)  # the old key has left
    assert [outcome for outcome in outcomes if outcome is not None] == []
    assert versions(store) == {"2027"}
    assert {p.legal_name for p in Patient.objects.all()} == {f"P{n} Doe" for n in range(PATIENTS)}


class traffic:  # noqa: N801 -- used as a word of the story
    """Threads that read and write patients all the while; each turn leaves its error, or None."""

    def __init__(self, patients):
        self.patients, self.outcomes, self.is_over = patients, [], threading.Event()
        self.threads = [threading.Thread(target=self.go, args=(n,)) for n in range(TRAFFIC)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_for(self.outcomes, TRAFFIC)
        return self.outcomes

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join(30)

    def go(self, number):
        turn = number
        while not self.is_over.is_set():
            turn += TRAFFIC
            self.outcomes.append(self.attempt(self.patients[turn % len(self.patients)].pk))
        connections.close_all()

    def attempt(self, pk):
        try:
            patient = Patient.objects.get(pk=pk)
            assert patient.legal_name.endswith(" Doe")
            patient.preferred_name = "Ali"
            patient.save()
        except Exception as error:
            return error
        return None


def wait_for(outcomes, count):
    give_up_at = time.monotonic() + 30
    while len(outcomes) < count:
        assert time.monotonic() < give_up_at, "no traffic"
        time.sleep(0.01)


def test_a_rotation_that_is_killed_is_finished_by_the_next(store, settings):
    owners = [uuid.uuid4() for _ in range(MANY)]
    for owner in owners:
        keystore.make(owner)
    keys = [keystore.key_of(owner) for owner in owners]
    process = start_rotation(store)
    wait_until_begun(store, process)
    process.kill()
    process.wait()
    between = versions(store)

    settings.KEY_WRAPPER = keyring.parse(f"{NEW},{OLD}")
    assert [keystore.key_of(owner) for owner in owners] == keys
    call_command("rotate_keys", verbosity=0)

    settings.KEY_WRAPPER = keyring.parse(NEW)
    assert between == {"2026", "2027"}
    assert (versions(store), [keystore.key_of(o) for o in owners]) == ({"2027"}, keys)


def start_rotation(store):
    environment = {
        **os.environ,
        "DATA_DIR": str(store.parent),
        "KEY_ENCRYPTION_KEYS": f"{NEW},{OLD}",
        "DATABASE_URL": "",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "rotate_keys"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def wait_until_begun(store, process):
    """Wait for the first key under the new version, with most still to come."""
    give_up_at = time.monotonic() + 60
    while versions(store) == {"2026"}:
        assert process.poll() is None, "it ended too soon"
        assert time.monotonic() < give_up_at, "it never began"


def test_the_command_tells_what_it_did(store, settings, capsys):
    for _ in range(3):
        keystore.make(uuid.uuid4())
    settings.KEY_WRAPPER = keyring.parse(f"{NEW},{OLD}")

    call_command("rotate_keys")
    call_command("rotate_keys")

    assert capsys.readouterr().out.splitlines() == [
        "3 keys, 3 of them wrapped anew: all 2027",
        "3 keys, 0 of them wrapped anew: all 2027",
    ]
