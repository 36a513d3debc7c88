"""What ours is measured beside, each in a virtual environment of its own, never in ours."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / "var" / "peers"


def python_of(name: str) -> Path:
    return ENVIRONMENTS / name / "bin" / "python"


def is_installed(name: str) -> bool:
    return python_of(name).exists()


def install(name: str) -> None:
    """Fill the peer's environment with what its requirement file names."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    place = ENVIRONMENTS / name
    subprocess.run([uv, "venv", "--quiet", "--clear", str(place)], check=True)
    requirements = str(HERE / f"{name}.txt")
    python = ["--python", str(python_of(name))]
    subprocess.run([uv, "pip", "install", "--quiet", *python, "-r", requirements], check=True)


def ask(name: str, question: Any) -> Any:
    """Put a question to the peer's program, as JSON, and return what it answers."""
    program = HERE / f"{name.replace('-', '_')}.py"
    told = subprocess.run(
        [str(python_of(name)), str(program)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout.splitlines()[-1])  # whatever it logs before
