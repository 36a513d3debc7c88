"""
A few long-running processes, kept running together.

Before they are ready, one that ends is a fault that a person must mend: all are stopped.  After
that the site is in use, and whatever dies is started again, unless it dies again and again.

Each child runs in its own session, so that Ctrl-C in a terminal reaches the parent only, which
then stops each child once.  On Linux the system sends a child SIGTERM when its parent dies, so
that even `kill -9` of the parent leaves nothing behind.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
POLL = 0.2  # seconds
STOP_GRACE = 10.0  # seconds, for a command that is cut short
DEATHS, WITHIN = 5, 60.0  # so many in so many seconds are no accident

Children = dict[str, subprocess.Popen[bytes]]


class Stopped(BaseException):
    """Somebody asked for the end.  Not an Exception, so that nothing takes it for a fault."""


class ChildDied(Exception):
    """A child ended by itself."""

    def __init__(self, name: str, exit_code: int) -> None:
        super().__init__(f"{name} stopped by itself (exit code {exit_code})")
        self.name = name


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Turn a stop signal into `Stopped`."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        _ignore_further_signals()
        raise Stopped

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_further_signals() -> None:
    """Stopping takes a moment; an impatient second Ctrl-C must not leave half of it undone."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def run_together(
    commands: Mapping[str, Sequence[str]],
    *,
    grace: float,
    is_ready: Callable[[], bool],
    on_ready: Callable[[], None],
    tell: Callable[[str], None],
    mend: Callable[[], None] = lambda: None,
) -> None:
    """
    Run the named commands until `Stopped` is raised, then stop them all.

    :param grace: seconds that the children together get to end before they are killed
    :param tell: gets a sentence for each child that was started again
    :param mend: called all the while, to look after what the children need
    :raises ChildDied: if one ended before all were ready, or ends again and again
    """
    children: Children = {}
    try:
        for name, command in commands.items():
            children[name] = _start(command)
        _watch(children, until=is_ready)
        on_ready()
        _keep(children, commands, tell=tell, mend=mend)
    finally:
        _stop(children, grace=grace)


def run_to_end(name: str, command: Sequence[str]) -> None:
    """
    Run a command and wait for it.

    :raises ChildDied: if it failed
    """
    child = _start(command)
    try:
        if exit_code := child.wait():
            raise ChildDied(name, exit_code)
    finally:
        if child.poll() is None:
            _stop({"": child}, grace=STOP_GRACE)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    die_with_parent = _die_with_parent(os.getpid()) if sys.platform == "linux" else None
    return subprocess.Popen(
        command,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - this process runs no threads
    )


def _die_with_parent(parent: int) -> Callable[[], None]:
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # loaded before the fork

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return prepare


def _watch(children: Children, *, until: Callable[[], bool]) -> None:
    while not until():
        for death in _deaths(children):
            raise death
        time.sleep(POLL)


def _keep(
    children: Children,
    commands: Mapping[str, Sequence[str]],
    *,
    tell: Callable[[str], None],
    mend: Callable[[], None],
) -> NoReturn:
    lately: deque[float] = deque(maxlen=DEATHS)
    while True:
        mend()
        for death in _deaths(children):
            lately.append(time.monotonic())
            if len(lately) == DEATHS and lately[-1] - lately[0] < WITHIN:
                raise death
            children[death.name] = _start(commands[death.name])
            tell(f"{death}; it was started again.")
        time.sleep(POLL)


def _deaths(children: Children) -> list[ChildDied]:
    codes = {name: child.poll() for name, child in children.items()}
    return [ChildDied(name, code) for name, code in codes.items() if code is not None]


def _stop(children: Children, *, grace: float) -> None:
    _ignore_further_signals()
    for child in children.values():
        child.terminate()
    give_up_at = time.monotonic() + grace
    for child in children.values():
        try:
            child.wait(timeout=max(0.0, give_up_at - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # its session, so its own children too
            child.wait()
