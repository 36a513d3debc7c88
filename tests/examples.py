"""How many examples a property is tried with."""

import os


def examples(whole: int) -> int:
    """All of them under `CI=true`; on the way to a commit a fifth is enough to notice a slip."""
    return whole if os.environ.get("CI") == "true" else max(whole // 5, 1)
