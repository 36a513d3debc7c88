import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.appointments.test_slot_request import QUESTION

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
NOWHERE = "postgres://nobody:nothing@127.0.0.1:1/nowhere"  # port 1: nothing answers there

ANSWER = {
    "slots": [
        "2027-03-01T15:00:00Z",
        "2027-03-01T16:15:00Z",
        "2027-03-01T16:30:00Z",
        "2027-03-01T16:45:00Z",
        "2027-03-01T17:00:00Z",
    ]
}
BUSY = {"busy": [["2027-03-01T16:00:00Z", "2027-03-01T16:15:00Z"]]}


def ask(document, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document)))
    call_command("slots", "--json")
    return capsys.readouterr().out


def run(document, zone="UTC"):
    return subprocess.run(
        [sys.executable, MANAGE, "slots", "--json"],
        input=document,
        env=os.environ | {"TZ": zone, "DATABASE_URL": NOWHERE},
        capture_output=True,
        check=False,
    )


def test_slots_answers_in_json(monkeypatch, capsys):
    answer = ask(json.dumps(QUESTION | BUSY).encode(), monkeypatch, capsys)

    assert json.loads(answer) == ANSWER


def test_slots_refuses_with_exit_2_and_says_nothing_else(monkeypatch, capsys):
    question = QUESTION | {"step_minutes": 0}

    with pytest.raises(CommandError) as refused:
        ask(json.dumps(question).encode(), monkeypatch, capsys)

    assert refused.value.returncode == 2
    assert str(refused.value) == "step_minutes: must be a whole number from 1 to 1440."
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_slots_needs_no_database_and_no_server_zone(zone):
    process = run(json.dumps(QUESTION | BUSY).encode(), zone)

    assert (process.returncode, process.stderr) == (0, b"")
    assert json.loads(process.stdout) == ANSWER


def test_slots_refuses_on_standard_error():
    process = run(b'{"zone": NaN}')

    assert (process.returncode, process.stdout) == (2, b"")
    assert process.stderr == b"CommandError: The input is not JSON: NaN is not a number.\n"
