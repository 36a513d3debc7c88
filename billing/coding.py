"""From what happened in a visit to the codes of its charge. No database, no clock.

The minutes are the CPT time rule for psychotherapy, as a table with effective dates; the place
and modifier are those of telehealth claims since 2022. CPT's own texts are the AMA's: ours differ.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TIME_TABLE = Path(__file__).parent / "data" / "psychotherapy_time.csv"

MOST = 24 * 60  # minutes of one visit; the charge says that more were recorded

CPT_WORDS: dict[str, str | Promise] = {
    "90832": _("Talk therapy, 16 to 37 minutes"),
    "90834": _("Talk therapy, 38 to 52 minutes"),
    "90837": _("Talk therapy, 53 minutes or more"),
    "": _("No code: shorter than 16 minutes"),
}
PLACE_WORDS: dict[str, str | Promise] = {
    "10": _("At the patient's home"),
    "02": _("Not at the patient's home"),
}
MODIFIER_WORDS: dict[str, str | Promise] = {"95": _("By video"), "93": _("By sound only")}


@dataclass(frozen=True)
class TimeRule:
    code: str
    from_minutes: int
    to_minutes: int | None  # the last minute that still counts; None for "or more"
    valid_from: date
    valid_until: date

    def covers(self, minutes: int, *, on: date) -> bool:
        is_valid = self.valid_from <= on <= self.valid_until
        is_within = self.to_minutes is None or minutes <= self.to_minutes
        return is_valid and self.from_minutes <= minutes and is_within


@cache
def time_rules() -> tuple[TimeRule, ...]:
    with TIME_TABLE.open(newline="") as file:
        return tuple(
            TimeRule(
                code=row["code"],
                from_minutes=int(row["from_minutes"]),
                to_minutes=int(row["to_minutes"]) if row["to_minutes"] else None,
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_until=date.fromisoformat(row["valid_until"] or "9999-12-31"),
            )
            for row in csv.DictReader(file)
        )


def counted(minutes: int) -> int:
    """Return the minutes that a charge shows: what is longer than MOST is a room left open."""
    return min(minutes, MOST)


def cpt_for(minutes: int, *, on: date) -> str:
    """Return the psychotherapy code for a visit on `on`, or "" when it was too short for one."""
    return next((rule.code for rule in time_rules() if rule.covers(minutes, on=on)), "")


def place_of_service(*, is_at_home: bool) -> str:
    return "10" if is_at_home else "02"


def modifier(*, has_video: bool) -> str:
    return "95" if has_video else "93"
