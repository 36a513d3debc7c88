"""The words and figures of the demo practice, from the TOML files beside this module."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def read(name: str) -> dict[str, Any]:
    """Return the file `name`.toml."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text())
