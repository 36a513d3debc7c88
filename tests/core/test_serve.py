import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core.children import ChildDied, run_to_end
from core.management.commands.serve import commands

ROOT = Path(__file__).resolve().parents[2]
PARENT = """
import json, os, sys
from core.children import ChildDied, Stopped, run_together, stop_on_signals

commands = {name: [sys.executable, "-c", code] for name, code in json.loads(sys.argv[1]).items()}
try:
    with stop_on_signals():
        run_together(
            commands,
            grace=2,
            is_ready=lambda: True,
            on_ready=lambda: os.write(1, b"ready\\n"),
            tell=lambda sentence: print(sentence, file=sys.stderr),
        )
except Stopped:
    print("stopped")
except ChildDied as death:
    sys.exit(str(death))
"""
# One write each: several processes share the pipe.
TELL = "import os, sys, time; os.write(1, b'%d' % os.getpid() + bytes([10]));"
PATIENT = TELL + "time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + PATIENT
SHORT_LIVED = TELL + "time.sleep(0.5); sys.exit(7)"


def start(**codes: str) -> subprocess.Popen[str]:
    pairs = ", ".join(f'"{name}": "{code}"' for name, code in codes.items())
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, f"{{{pairs}}}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def child_processes(parent: subprocess.Popen[str], count: int) -> list[int]:
    """Read what parent and children say first: `ready` once, and a process number each."""
    said = [parent.stdout.readline().strip() for _ in range(count + 1)]
    return [int(line) for line in said if line != "ready"]


def is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # dead, and not yet noticed by the one it was left to


def still_running(process_ids: list[int], *, within: float = 10) -> list[int]:
    give_up_at = time.monotonic() + within
    while any(map(is_running, process_ids)) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return [process_id for process_id in process_ids if is_running(process_id)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_stops_every_child(number):
    parent = start(one=PATIENT, two=PATIENT)
    children = child_processes(parent, 2)

    parent.send_signal(number)
    said, _ = parent.communicate()

    assert parent.returncode == 0
    assert said == "stopped\n"
    assert still_running(children, within=0) == []


def test_when_one_child_dies_again_and_again_it_is_named_and_the_others_are_stopped():
    parent = start(one=PATIENT, brief=SHORT_LIVED)
    children = child_processes(parent, 2)

    _, complaint = parent.communicate()

    *mended, last = complaint.splitlines()
    assert parent.returncode == 1
    assert mended == ["brief stopped by itself (exit code 7); it was started again."] * 4
    assert last == "brief stopped by itself (exit code 7)"
    assert still_running(children, within=0) == []


def test_a_child_that_is_killed_is_started_again():
    parent = start(one=PATIENT, two=PATIENT)
    children = child_processes(parent, 2)

    os.kill(children[0], signal.SIGKILL)
    again = int(parent.stdout.readline())

    parent.terminate()
    _, complaint = parent.communicate()
    assert again not in children
    assert complaint.endswith("stopped by itself (exit code -9); it was started again.\n")
    assert still_running([*children, again], within=0) == []


def test_a_child_that_will_not_end_is_killed_after_the_grace():
    parent = start(stubborn=STUBBORN)
    children = child_processes(parent, 1)

    parent.terminate()
    parent.communicate()

    assert parent.returncode == 0
    assert still_running(children, within=0) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that a parent died")
def test_a_killed_parent_leaves_no_child():
    parent = start(one=PATIENT, two=PATIENT)
    children = child_processes(parent, 2)

    parent.kill()
    parent.communicate()

    assert still_running(children) == []


def test_a_command_that_fails_is_named():
    with pytest.raises(ChildDied, match=r"^errand stopped by itself \(exit code 3\)$"):
        run_to_end("errand", [sys.executable, "-c", "raise SystemExit(3)"])


def test_a_command_that_is_cut_short_is_stopped(tmp_path):
    note = tmp_path / "note"
    tell = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    errand = [sys.executable, "-c", tell]
    run = (
        "from core.children import run_to_end, stop_on_signals\n"
        f"with stop_on_signals(): run_to_end('errand', {errand!r})"
    )
    parent = subprocess.Popen([sys.executable, "-c", run], cwd=ROOT, stderr=subprocess.DEVNULL)
    give_up_at = time.monotonic() + 30
    while not (note.exists() and note.read_text()) and time.monotonic() < give_up_at:
        time.sleep(0.05)

    parent.terminate()
    parent.wait()

    assert still_running([int(note.read_text())], within=0) == []


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the database's account may pass, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="serve-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_serve_refuses_a_taken_port(taken_port):
    with pytest.raises(CommandError) as refusal:
        call_command("serve", port=taken_port)

    assert str(refusal.value) == f"Port {taken_port} is taken. Choose another with --port."
    assert refusal.value.returncode == 2


@pytest.mark.parametrize(("proxies", "is_deaf"), [("", True), ("10.0.0.2", False)])
def test_only_a_proxy_that_is_named_is_believed(settings, proxies, is_deaf):
    settings.FORWARDED_ALLOW_IPS = proxies

    assert ("--no-proxy-headers" in commands(8000)["web"]) == is_deaf


@pytest.mark.journey
def test_serve_says_when_it_is_ready_and_ends_when_told():
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port), "--no-demo"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_DEBUG": "true"},
        stdout=subprocess.PIPE,
        text=True,
    )
    ready = f"Telehealth is ready at http://127.0.0.1:{port}/"
    heard = next(line.strip() for line in server.stdout if line.strip() == ready)

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
        health = answer.read()
    server.terminate()
    said, _ = server.communicate()

    assert heard == ready
    assert health == b"ok"
    assert said.endswith("Stopped.\n")
    assert server.returncode == 0


@pytest.mark.journey
def test_a_database_that_is_killed_is_started_again_under_the_site(open_folder):
    port = free_port()
    mine = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port), "--no-demo"],
        cwd=ROOT,
        env={**mine, "DJANGO_DEBUG": "true", "DATA_DIR": str(open_folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert any("is ready at" in line for line in server.stdout)
    pid_file = open_folder / "postgres" / "data" / "postmaster.pid"

    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)

    said = next(line for line in server.stderr if "database" in line)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        page = answer.status
    server.terminate()
    server.communicate()
    assert said == "The database stopped by itself; it was started again.\n"
    assert page == 200
