import ast
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN_LOCK, TEST_LOCK, UV_LOCK = "requirements.txt", "requirements-dev.txt", "bootstrap.txt"

# Stands in for uv: notes what it was asked, and makes environments that borrow this Python.
UV = """#!/bin/sh
echo "$*" >> "{notes}"
case "$1" in
    venv) for place; do :; done; mkdir -p "$place/bin"; ln -s "{python}" "$place/bin/python" ;;
    pip) sleep "${{UV_SLEEP:-0}}"; exit "${{UV_EXIT:-0}}" ;;
esac
"""
TELL_ARGUMENTS = """
import os, sys
print(sys.argv[1:], os.environ.get("DJANGO_DEBUG"))
"""


class Checkout:
    """A checkout with `run`, two locks, and programs that only tell how they were called."""

    def __init__(self, path: Path) -> None:
        self.path = path / "a checkout"
        self.notes = path / "notes"
        self.programs = path / "programs"
        (self.path / "tests").mkdir(parents=True)
        self.programs.mkdir()
        shutil.copy(ROOT / "run", self.path / "run")
        for name in (RUN_LOCK, TEST_LOCK, UV_LOCK):
            (self.path / name).write_text(name)
        for name in ("manage.py", "pytest.py", "tests/tools.py"):
            (self.path / name).write_text(TELL_ARGUMENTS)
        uv = self.programs / "uv"
        uv.write_text(UV.format(notes=self.notes, python=sys.executable))
        uv.chmod(0o755)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, self.path / "run", *arguments],
            env={"PATH": f"{self.programs}:{os.defpath}", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> str:
        said, _ = self.start(*arguments, **environment).communicate()
        return said.splitlines()[-1]

    def deeds(self) -> list[str]:
        """What uv did: `venv`, or the lock it installed."""
        notes = self.notes.read_text().splitlines()
        return [
            n.split()[0] if n.startswith("venv") else n.split()[-1].rpartition("/")[2]
            for n in notes
            if n != "--version"
        ]


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture(scope="module")
def run():
    loader = importlib.machinery.SourceFileLoader("run", str(ROOT / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


def test_an_old_python_is_refused_in_one_sentence(run):
    with pytest.raises(SystemExit) as refusal:
        run.check_python((3, 9, 2))

    assert refusal.value.code == "Telehealth needs Python 3.11 or newer; this is Python 3.9."


def test_this_python_is_new_enough(run):
    run.check_python(sys.version_info)


def test_an_old_python_can_read_as_far_as_the_refusal():
    ast.parse((ROOT / "run").read_text(), feature_version=(3, 6))


def test_the_first_start_installs_and_the_second_does_not(checkout):
    first = checkout.run("migrate", "--plan")
    second = checkout.run("migrate")

    assert first == "['migrate', '--plan'] true"
    assert second == "['migrate'] true"
    assert checkout.deeds() == ["venv", RUN_LOCK]


def test_without_a_command_it_serves(checkout):
    assert checkout.run("--port", "8001") == "['serve', '--port', '8001'] true"


def test_the_tests_packages_are_added_beside_the_others(checkout):
    checkout.run("check")
    checkout.run("test")

    assert checkout.deeds() == ["venv", RUN_LOCK, TEST_LOCK]


def test_an_environment_made_for_the_tests_serves_too(checkout):
    checkout.run("test")
    checkout.run()

    assert checkout.deeds() == ["venv", TEST_LOCK]


def test_a_changed_lock_is_installed_into_a_new_environment(checkout):
    checkout.run("check")
    (checkout.path / RUN_LOCK).write_text("other packages")
    checkout.run("check")

    assert checkout.deeds() == ["venv", RUN_LOCK, "venv", RUN_LOCK]


def test_an_environment_that_is_a_link_is_left_to_its_owner(checkout, tmp_path):
    owners = tmp_path / "owners"
    owners.mkdir()
    (checkout.path / ".venv").symlink_to(owners)

    checkout.run("check")

    assert owners.is_dir()
    assert not (checkout.path / ".venv").is_symlink()


def test_an_install_that_failed_is_told_and_repeated(checkout):
    failing = checkout.start("check", UV_EXIT="1")
    said, complaint = failing.communicate()
    checkout.run("check")

    assert failing.returncode == 1
    assert said == ""
    assert complaint.splitlines()[-1].startswith("Setting up stopped here")
    assert checkout.deeds() == ["venv", RUN_LOCK, "venv", RUN_LOCK]


def test_of_two_started_at_once_one_installs(checkout):
    both = [checkout.start("check", UV_SLEEP="0.5") for _ in range(2)]

    said = [one.communicate()[0] for one in both]

    assert said == ["['check'] true\n"] * 2
    assert checkout.deeds() == ["venv", RUN_LOCK]


def test_a_python_that_cannot_make_environments_is_told_what_is_missing(checkout, tmp_path):
    (checkout.programs / "uv").unlink()
    for name in ("venv", "pip"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)")

    start = checkout.start("check", PYTHONPATH=str(tmp_path))
    _, complaint = start.communicate()

    assert start.returncode == 1
    assert "`sudo apt install python3-venv`, or install uv" in complaint
    assert not (checkout.path / ".venv").exists()


def test_a_configured_machine_decides_on_development_mode_itself(checkout):
    by_environment = checkout.run("check", DJANGO_DEBUG="false")
    (checkout.path / ".env").touch()
    by_file = checkout.run("check")

    assert by_environment == "['check'] false"
    assert by_file == "['check'] None"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (["-m", "not journey"], ["-n", "3", "--dist", "worksteal", "-m", "not journey"]),
        (["-n", "0", "-x"], ["-n", "0", "-x"]),
        (["-n0"], ["-n0"]),
        (["-p", "no:xdist"], ["-p", "no:xdist"]),
        (["--pdb"], ["--pdb"]),
    ],
)
def test_tests_run_in_three_processes_unless_told_otherwise(checkout, asked, given):
    assert checkout.run("test", *asked) == f"{given} None"


@pytest.mark.parametrize("lock", [RUN_LOCK, TEST_LOCK, UV_LOCK])
def test_a_lock_pins_by_hash_and_names_no_host(lock):
    lines = (ROOT / lock).read_text().splitlines()

    pins = [line for line in lines if not line.startswith("    --hash=sha256:")]

    assert pins != []
    assert [line for line in pins if not re.match(r"^[a-z0-9.-]+(\[[a-z,-]+\])?==\S+ ", line)] == []
    assert [line for line in lines if "://" in line] == []


def test_the_tests_lock_holds_the_run_lock():
    run_pins, test_pins = (
        set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), flags=re.MULTILINE))
        for lock in (RUN_LOCK, TEST_LOCK)
    )

    assert run_pins - test_pins == set()
