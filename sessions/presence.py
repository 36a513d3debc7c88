"""What a socket is told about its room: where the visit stands, and whether the other is there."""

from typing import Any

from sessions.seats import Place


def picture(place: Place) -> dict[str, Any]:
    """Word the room for the person in `place`. `is_here` says nothing about why not; `has_left`
    tells a choice from a dropped connection."""
    other = place.other
    return {
        "status": place.seat.session.status,
        "other": {
            "is_here": place.is_other_present,
            "has_left": other is not None and other.left_at is not None,
            "epoch": other.epoch if other else 0,
        },
    }
