"""A day in an address: "2026-12-03"."""

from datetime import date


class DayConverter:
    """Path converter; what is no day of the calendar is no address (404)."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)
