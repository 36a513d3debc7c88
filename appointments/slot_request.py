"""
The question, one JSON object with all of these members:

  zone                   an IANA time zone, such as "America/Chicago"; wall times are in it
  rules                  [{"weekday": 0 to 6 (0 is Monday), "from": "HH:MM", "to": "HH:MM"}, ...];
                         "to" may be "24:00"; "valid_from" and "valid_until" may name the first
                         and the last date on which the rule holds
  exceptions             [{"date": "YYYY-MM-DD", "closed": true}, ...], or "from" and "to" in place
                         of "closed": hours which replace the rules of that date
  busy                   [[start, end], ...]; times such as "2027-03-14T15:00:00Z"
  window                 [start, end], within which the visits are to lie; at most 400 days
  now                    a time
  duration_minutes       1 to 1440
  buffer_before_minutes  0 to 1440
  buffer_after_minutes   0 to 1440
  step_minutes           1 to 1440; the grid starts at the start of each open range
  lead_minutes           0 to 576000; how long after now a visit may start at the soonest
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from appointments.availability import DateException, Interval, Plan, Rule
from core import zones
from core.strict_json import Node, parse

DAY = 24 * 60
LONGEST_WINDOW = timedelta(days=400)
# Before, some zones were off UTC by odd seconds; later, there is no next day to look at.
ANSWERABLE = datetime(1973, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
WALL_TIME = re.compile(r"(\d{2}):([0-5]\d)", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


@dataclass(frozen=True)
class SlotRequest:
    plan: Plan
    busy: list[Interval]
    window: Interval
    now: datetime


def read(document: bytes) -> SlotRequest:
    """
    :raises Malformed: if anything is missing, unknown, of the wrong kind or out of range
    """
    fields = parse(document).members(
        "zone",
        "rules",
        "exceptions",
        "busy",
        "window",
        "now",
        "duration_minutes",
        "buffer_before_minutes",
        "buffer_after_minutes",
        "step_minutes",
        "lead_minutes",
    )
    return SlotRequest(
        plan=_plan(fields),
        busy=[_interval(node) for node in fields["busy"].elements()],
        window=_window(fields["window"]),
        now=_instant(fields["now"]),
    )


def _plan(fields: dict[str, Node]) -> Plan:
    return Plan(
        zone=_zone(fields["zone"]),
        rules=tuple(_rule(node) for node in fields["rules"].elements()),
        exceptions=tuple(_exception(node) for node in fields["exceptions"].elements()),
        duration_minutes=fields["duration_minutes"].whole_number(least=1, most=DAY),
        buffer_before_minutes=fields["buffer_before_minutes"].whole_number(least=0, most=DAY),
        buffer_after_minutes=fields["buffer_after_minutes"].whole_number(least=0, most=DAY),
        step_minutes=fields["step_minutes"].whole_number(least=1, most=DAY),
        lead_minutes=fields["lead_minutes"].whole_number(least=0, most=400 * DAY),
    )


def _zone(node: Node) -> ZoneInfo:
    name = node.text()
    if name not in zones.known():
        raise node.refused("must be a time zone of the IANA database, such as America/Chicago.")
    return ZoneInfo(name)


def _rule(node: Node) -> Rule:
    fields = node.members("weekday", "from", "to", optional=("valid_from", "valid_until"))
    from_minute, to_minute = _hours(fields)
    valid_from, valid_until = (
        _date(fields[name]) if name in fields else None for name in ("valid_from", "valid_until")
    )
    if valid_from and valid_until and valid_until < valid_from:
        raise fields["valid_until"].refused("must not be before valid_from.")
    weekday = fields["weekday"].whole_number(least=0, most=6)
    return Rule(weekday, from_minute, to_minute, valid_from, valid_until)


def _exception(node: Node) -> DateException:
    if not node.has("closed"):
        fields = node.members("date", "from", "to")
        return DateException(_date(fields["date"]), *_hours(fields))
    fields = node.members("date", "closed")
    if fields["closed"].value is not True:
        raise fields["closed"].refused("must be true, or left out with from and to given.")
    return DateException(_date(fields["date"]))


def _hours(fields: dict[str, Node]) -> tuple[int, int]:
    start, end = _wall_minute(fields["from"]), _wall_minute(fields["to"])
    if start == DAY:
        raise fields["from"].refused("must be before 24:00.")
    if end <= start:
        raise fields["to"].refused("must be after from; hours past midnight are two entries.")
    return start, end


def _wall_minute(node: Node) -> int:
    found = WALL_TIME.fullmatch(node.text())
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY + 1
    if minute > DAY:
        raise node.refused("must be a time of day, HH:MM, up to 24:00.")
    return minute


def _date(node: Node) -> date:
    text = node.text()
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # a thirteenth month, or the 30th of February
    raise node.refused("must be a date, YYYY-MM-DD.")


def _instant(node: Node) -> datetime:
    text = node.text()
    try:
        if INSTANT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # as in _date
    raise node.refused("must be a time with its offset from UTC, such as 2027-03-14T15:00:00Z.")


def _interval(node: Node) -> Interval:
    match node.elements():
        case [first, second]:
            start, end = _instant(first), _instant(second)
        case _:
            raise node.refused("must be a pair, [start, end].")
    if end < start:
        raise node.refused("must not end before it starts.")
    return start, end


def _window(node: Node) -> Interval:
    start, end = _interval(node)
    if start < ANSWERABLE[0] or ANSWERABLE[1] < end:
        raise node.refused("must lie in the years 1973 to 9998.")
    if end - start > LONGEST_WINDOW:
        raise node.refused(f"must not be longer than {LONGEST_WINDOW.days} days.")
    return start, end
