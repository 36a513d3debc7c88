"""Asking the expander, a process of its own, when somebody else's calendar is busy."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings

from appointments.availability import Interval
from appointments.expander import NOT_A_CALENDAR, REFUSED, TOO_MUCH, Unreadable

EXPANDER = Path(__file__).with_name("expander.py")
PATIENCE_SECONDS = 10  # it ends itself sooner, but for a machine that is very busy


@dataclass(frozen=True)
class Found:
    busy: list[Interval]
    unread_count: int  # entries that nobody could read: their times seem free


def expand(content: bytes, *, zone: ZoneInfo, window: Interval) -> Found:
    """
    :raises Unreadable: whatever happens to the expander is the fault of the file
    """
    span = [str(int(at.timestamp())) for at in window]
    command = [sys.executable, "-I", str(EXPANDER), zone.key, *span, own_host()]
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
        raise Unreadable(TOO_MUCH) from None
    if done.returncode:
        is_no_calendar = done.returncode == REFUSED and done.stderr == NOT_A_CALENDAR.encode()
        raise Unreadable(NOT_A_CALENDAR if is_no_calendar else TOO_MUCH)
    told = json.loads(done.stdout)
    busy = [
        (datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in told["busy"]
    ]
    return Found(busy, told["unread"])


def own_host() -> str:
    """What the identifiers of our own events end with (appointments.invitation)."""
    return str(urlsplit(settings.SITE_URL).hostname)
