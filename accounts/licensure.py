"""Which interstate compact covers which state on which day. The law is data, not code."""

import csv
from datetime import date
from functools import lru_cache
from pathlib import Path

NAMES = {"psypact": "PSYPACT", "counseling": "Counseling Compact"}  # proper names
COMPACTS_FILE = Path(__file__).parent / "data" / "compacts.csv"


@lru_cache(maxsize=1)
def _memberships() -> tuple[tuple[str, str, date], ...]:
    with COMPACTS_FILE.open(newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return tuple((r["compact"], r["state"], date.fromisoformat(r["from"])) for r in rows)


@lru_cache(maxsize=4096)
def compacts_of(state: str, *, on: date) -> tuple[str, ...]:
    """Return the compacts, such as "psypact", under which a provider of another state may treat
    someone located in `state` on the day `on`."""
    return tuple(c for c, member, since in _memberships() if member == state and since <= on)


@lru_cache(maxsize=64)
def members_of(compact: str) -> frozenset[str]:
    """Return the states that are in the compact, or will be."""
    return frozenset(state for name, state, _since in _memberships() if name == compact)
