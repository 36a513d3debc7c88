"""How fast one socket may talk."""


class Bucket:
    """Lets `rate` frames a second through, and `burst` at once after a silence."""

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self.level, self.seen_at = burst, now

    def take(self, *, now: float) -> bool:
        """Return whether there is room for one more at `now` (seconds of any steady clock)."""
        self.level = min(self.burst, self.level + (now - self.seen_at) * self.rate)
        self.seen_at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True
