"""Past-tense facts that upper floors may hear. Listed in docs/architecture.md."""

from django.dispatch import Signal

appointment_booked = Signal()  # appointment, now
appointment_moved = Signal()  # appointment, now
appointment_cancelled = Signal()  # appointment, by, now
appointment_missed = Signal()  # appointment, by, now
appointment_fulfilled = Signal()  # appointment, by, now
