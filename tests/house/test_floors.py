import subprocess
import sys
from pathlib import Path

from tests.house.repository import ROOT

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def test_imports_go_down_only():
    done = subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
