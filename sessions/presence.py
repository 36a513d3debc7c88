"""What a socket is told about its room: where the visit stands, and whether the other is there."""

from typing import Any

from sessions import seats
from sessions.models import Seat


def picture(seat: Seat) -> dict[str, Any]:
    """Word the room for the person in `seat`. `other.is_here` says nothing about why not;
    `has_left` tells a choice from a dropped connection."""
    other = seats.other(seat)
    return {
        "status": seat.session.status,
        "other": {
            "is_here": other is not None and other.is_present,
            "has_left": other is not None and other.left_at is not None,
            "epoch": other.epoch if other else 0,
        },
    }
