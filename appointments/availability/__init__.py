"""
When a provider may be booked: the one answer that booking, the directory and `slots` all use.

Plain Python on whole UTC minutes; it knows no framework, reads no clock and no server time zone.
"""

from appointments.availability.plan import DateException, Plan, Rule
from appointments.availability.sweep import Interval, free, is_offered, slots, stretches
from appointments.availability.wall import at_wall, is_shown

__all__ = [
    "DateException",
    "Interval",
    "Plan",
    "Rule",
    "at_wall",
    "free",
    "is_offered",
    "is_shown",
    "slots",
    "stretches",
]
