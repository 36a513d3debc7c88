"""Goal row 17: a backup is restored and verified, and what would not hold is found before it is
needed."""

import fcntl
import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts import erasure, holds
from billing.models import Line
from core import audit, dumps, postgres_home
from core.models import AuditEvent
from telehealth import restore_drill
from tests.billing import steps
from tests.factories import NOW
from tests.web_role import execute, unguarded

KILLED = """
import os, pathlib, sys
from core import postgres
postgres.acquire(pathlib.Path(sys.argv[1]), durable=False)
os.kill(os.getpid(), 9)
"""
ONE_BIT = "set_byte(legal_name, 40, get_byte(legal_name, 40) # 1)"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A folder that only this drill uses, and keys and anchors of its own."""
    settings.DATA_DIR = tmp_path
    settings.AUDIT_ANCHOR_DIR = str(tmp_path / "anchors")
    return tmp_path


@pytest.fixture
def scratch(folder):
    """The places where the server of a drill may have had its files."""
    wanted = folder / "drill"
    return [wanted, postgres_home._elsewhere(wanted)]


@pytest.fixture
def filled(marked, dr_bob, biller, mallory):
    """Two patients with a record, of whom one is erased; books; a trail."""
    steps.post_something(1, patient=marked)
    audit.record("patient.updated", subject=marked, by=biller, at=NOW, patient_id=marked.pk)
    erasure.erase(patient=mallory, reason="request", by=biller, now=NOW)
    return marked


@pytest.fixture
def drill(capsys):
    """Run the command. Return its exit code and its document."""

    def run():
        code = 0
        try:
            call_command("restore_drill")
        except CommandError as problem:
            code = problem.returncode
        return code, json.loads(capsys.readouterr().out or "null")

    return run


def rows_now():
    with connection.cursor() as cursor:
        cursor.execute(dumps.TABLES)
        tables = [table for (table,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(
                f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"
            )
            counts[table] = cursor.fetchone()
    return counts


def test_a_good_copy_passes_and_nothing_is_touched_or_left(filled, drill, folder, scratch):
    before = rows_now()

    code, found = drill()

    assert (code, found["ok"]) == (0, True)
    assert set(found["seconds"]) == {"dump", "restore", "verify"}
    assert found["rows"] == sum(count for count, _ in before.values())
    assert found["tables"] == len(before) > 40
    assert found["audit"]["rows"] == AuditEvent.objects.count() > 0
    assert found["ledger"]["entries"] == 1
    assert found["sealed"]["opened"] > 15
    assert found["sealed"]["shut"] > 0
    assert rows_now() == before
    assert not any(place.exists() for place in scratch)
    assert {path.name for path in folder.iterdir()} <= {"drill.lock"}


@pytest.fixture
def busy(filled):
    """A site that goes on: somebody writes to the trail all the time. Return how often so far."""
    written, is_over = [], threading.Event()

    def write():
        while not is_over.is_set():
            audit.record("patient.updated", subject=filled, by=None, at=NOW, patient_id=filled.pk)
            written.append(NOW)
        connection.close()

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        yield written
        is_over.set()
        writing.result()


def test_a_site_that_writes_meanwhile_makes_no_difference(busy, drill):
    code, found = drill()

    assert (code, found["differences"], found["audit"]["broken"]) == (0, [], [])
    assert len(busy) > found["audit"]["rows"] > 0


def test_a_broken_chain_is_found(filled, drill):
    with unguarded():
        execute(
            "UPDATE core_auditevent SET action = 'nothing' WHERE chain = %s AND number = 2",
            [filled.pk],
        )

    code, found = drill()

    assert (code, found["ok"]) == (1, False)
    assert found["audit"]["broken"] == [
        {"chain": filled.pk, "number": 2, "fault": "the row was changed"}
    ]


def test_an_unbalanced_ledger_is_found(filled, drill):
    line = Line.objects.first()
    with unguarded():
        execute(f"UPDATE billing_line SET amount_cents = amount_cents + 1 WHERE id = '{line.pk}'")

    code, found = drill()

    assert (code, found["ok"]) == (1, False)
    assert found["ledger"]["trial_balance_cents"] == 1
    assert found["ledger"]["unbalanced"] == [str(line.entry_id)]


def test_keys_that_are_missing_are_told(filled, drill, settings, folder):
    settings.KEYS_DIR = str(folder / "nothing")

    code, found = drill()

    assert (code, found["sealed"]["opened"]) == (1, 0)
    assert "accounts_patient.legal_name: there is no key" in found["sealed"]["faults"]


def test_a_key_that_came_back_after_an_erasure_is_told(filled, drill, settings, biller, folder):
    kept = folder / "kept"
    shutil.copytree(settings.KEYS_DIR, kept)
    holds.lift(patient=filled, by=biller, now=NOW)
    erasure.erase(patient=filled, reason="request", by=biller, now=NOW)
    settings.KEYS_DIR = str(kept)

    code, found = drill()

    assert code == 1
    assert (
        found["sealed"]["faults"]["care_progressnote.body: it opens though its patient was erased"]
        == 1
    )


def test_a_value_that_was_changed_is_told(filled, drill):
    execute(f"UPDATE accounts_patient SET legal_name = {ONE_BIT}")

    code, found = drill()

    assert (code, found["sealed"]["faults"]["accounts_patient.legal_name: it does not open"]) == (
        1,
        1,
    )


def test_a_copy_that_cannot_be_restored_is_told_and_nothing_is_left(filled, drill, folder, scratch):
    with unguarded():  # lines without their entry: no foreign key can be made over them
        execute("DELETE FROM billing_entry")

    code, found = drill()

    assert (code, found["ok"]) == (1, False)
    assert "violates foreign key constraint" in found["fault"]
    assert "Key (" not in found["fault"]
    assert not any(place.exists() for place in scratch)
    assert not (folder / "drill.dump").exists()


def test_what_a_killed_drill_left_is_no_hindrance_and_goes(filled, drill, folder, scratch):
    (folder / "drill.dump").write_text("half a copy")
    subprocess.run([sys.executable, "-c", KILLED, folder / "drill"], check=False)
    assert any((place / "data/postmaster.pid").exists() for place in scratch)

    code, _found = drill()

    assert code == 0
    assert not any(place.exists() for place in scratch)
    assert not (folder / "drill.dump").exists()


def test_one_drill_at_a_time(filled, drill, folder):
    with (folder / "drill.lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        code, found = drill()

    assert (code, found) == (2, None)


def test_only_its_owner_reads_the_copy(filled, folder):
    dumps.dump(folder / "copy")

    assert (folder / "copy").stat().st_mode & 0o777 == 0o600


def test_a_table_that_came_back_with_fewer_rows_is_told():
    live, restored = {"a": 2, "b": 1, "c": 0}, {"a": 2, "b": 0, "d": 3}

    found = restore_drill.differences(live, restored)

    assert [(pair.table, pair.live, pair.restored) for pair in found] == [
        ("b", 1, 0),
        ("c", 0, None),
        ("d", None, 3),
    ]
