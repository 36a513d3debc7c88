"""The scripts of the pages that compute without a page, tested in their own language.

A test is a module beside this one, with the folder and name of the script: `video/stall.test.mjs`
tests `static/js/video/stall.js`. It runs on the Node that Playwright brings along.
"""

import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

HERE = Path(__file__).parent
NODE = compute_driver_executable()[0]
TESTS = sorted(HERE.rglob("*.test.mjs"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(HERE).as_posix())
def test_a_script_does_what_its_tests_say(path):
    command = [NODE, "--test", "--test-reporter=spec", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (run.returncode, "pass 0\n" in run.stdout) == (0, False), run.stdout + run.stderr


def test_there_are_scripts_to_test():
    names = [path.name.removesuffix(".test.mjs") for path in TESTS]

    assert names == ["minutes", "choice", "peer", "proof", "stall"]
