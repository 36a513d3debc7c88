"""The times of a visit, together."""

from datetime import date, datetime, time
from typing import TypedDict


class Times(TypedDict):
    """When a visit is: for the two, for the provider's buffers, and by her clock."""

    starts_at: datetime
    ends_at: datetime
    block_starts_at: datetime
    block_ends_at: datetime
    wall_date: date
    wall_time: time
    zone: str
