"""Asking the cleaner, a process of its own, for a harmless copy of a file."""

import subprocess
import sys
from pathlib import Path

from messaging.kinds import ContentType, Reason, Refused
from messaging.limits import MOST_BYTES, MOST_PIXELS

CLEANER = Path(__file__).with_name("cleaner.py")
PATIENCE_SECONDS = 40  # it ends itself sooner
REFUSED = 3


def clean(content: bytes, content_type: str) -> bytes:
    """
    :raises Refused: whatever happens to the cleaner is the fault of the file
    """
    if content_type == ContentType.TEXT:
        return content  # looked at when it came in, and served as nothing but a file
    command = [sys.executable, "-I", str(CLEANER), content_type, str(MOST_PIXELS), str(MOST_BYTES)]
    try:
        done = subprocess.run(
            command,
            input=content,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            env={},  # no secret of the site is in reach of it
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(Reason.UNREADABLE) from None
    if done.returncode == 0 and done.stdout:
        return done.stdout
    raise Refused(reason(done))


def reason(done: subprocess.CompletedProcess[bytes]) -> Reason:
    told = done.stderr.decode(errors="replace")
    is_known = done.returncode == REFUSED and told in Reason.values
    return Reason(told) if is_known else Reason.UNREADABLE
