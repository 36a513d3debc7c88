"""A disk that is soon full."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(at: Path, kilobytes: int) -> Iterator[None]:
    """A disk of so many kilobytes. Only root can make one."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    at.mkdir(parents=True, exist_ok=True)
    size = f"size={kilobytes}k"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(at)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)
