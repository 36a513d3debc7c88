"""How far the seeding has come: one line that is rewritten, or a line now and then in a log."""

from typing import TextIO

LINES = 5  # a stage, where lines cannot be rewritten


class Progress:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_tty = out.isatty()

    def show(self, stage: str, done: int, total: int) -> None:
        """Say that `done` of `total` are made. Called after each one."""
        line = f"{stage} {done}/{total}"
        if self._is_tty:
            self._out.write(f"\r\x1b[K{line}" + ("\n" if done == total else " …"))
        elif done == total or done % max(total // LINES, 1) == 0:
            self._out.write(f"{line}\n")
        self._out.flush()
