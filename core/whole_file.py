"""Files written whole or not at all, for the owner's eyes alone, whenever the machine stops."""

import os
from pathlib import Path

PART = ".part"  # of a name: what a killed process left, which nobody reads


def write(path: Path, content: bytes) -> None:
    """
    Write or replace the file.

    :raises OSError: then what was there is there still
    """
    part = path.with_name(path.name + PART)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    settle(path.parent)


def settle(folder: Path) -> None:
    """Wait until the folder's own entries are on the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
